import { MnemeshError } from '@mnemesh/protocol';

/** A call that is not right. `help` are the words of the command whose help explains it. */
export class UsageError extends MnemeshError {
  readonly help: readonly string[];

  constructor(message: string, help: readonly string[] = []) {
    super('bad_input', message);
    this.help = help;
  }
}
