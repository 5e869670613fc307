import { hasCode, type Runtime } from '@mnemesh/protocol';
import type { HolderLimits } from './holder-limits.js';
import type { Intent, Intents, KeptIntent } from './intents.js';

/** A write that its guest need not wait for. */
export interface SoonerWrite {
  readonly intent: Intent;
  /** @param after it may have been done before: it was if its session has written the record above this clock */
  ask(after?: number): Promise<unknown>;
  /** The clock at which its session last wrote the record, as far as is known here. */
  clock(): number;
}

export interface PromisedWriteHost {
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
  isClosing(): boolean;
}

export interface Given {
  readonly value: unknown;
  /** It is what the write will give, and not its answer. */
  readonly isPromised: boolean;
}

/** One write, which gives its answer, or, if that takes longer than keeping it, what it will give. */
export class PromisedWrite {
  /** @throws MnemeshError as the answer; `bad_input`, `write_once` */
  readonly given: Promise<Given>;
  /** It is done or refused: the next write of its record may be. Rejects when the guest closes first: then it stays kept. */
  readonly over: Promise<void>;
  /** It is kept no more, either. Rejects likewise. */
  readonly gone: Promise<void>;
  readonly #host: PromisedWriteHost;
  readonly #intents: Intents;
  readonly #write: SoonerWrite;
  readonly #answer: Promise<unknown>;
  #attempt: Promise<unknown>;
  /** Defined once its turn has come. */
  #after: number | undefined;
  #isAnswered = false;
  #isPromised = false;
  #kept: KeptIntent | undefined;
  #keeping: Promise<void> | undefined;
  /** Its clock is on the disk. */
  #isMarked = false;

  /** @param before the write of the same record before this one is over */
  constructor(
    host: PromisedWriteHost,
    intents: Intents,
    write: SoonerWrite,
    before: Promise<void> | undefined,
  ) {
    this.#host = host;
    this.#intents = intents;
    this.#write = write;
    this.#answer = before === undefined ? this.#ask() : before.then(() => this.#ask());
    this.given = this.#give();
    this.#attempt = this.#answer;
    this.over = this.#end();
    this.gone = this.over.then(() => this.#drop());
    this.gone.catch(noted);
  }

  get isPromised(): boolean {
    return this.#isPromised;
  }

  /** Resolves when it was asked for once more, if it is being asked for: whoever reads next finds it if that was answered. */
  async attempted(): Promise<void> {
    await this.#attempt.catch(noted);
  }

  #ask(): Promise<unknown> {
    const after = this.#write.clock();
    this.#after = after;
    return this.#keeping === undefined
      ? this.#write.ask()
      : this.#mark(after).then(() => this.#write.ask());
  }

  /** Before it can be done, whoever finds it kept must be able to tell whether it was. */
  async #mark(after: number): Promise<void> {
    await this.#keeping;
    if (this.#kept === undefined || this.#isMarked) return;
    await this.#kept.asked(after);
    this.#isMarked = true;
  }

  #give(): Promise<Given> {
    const { runtime, limits } = this.#host;
    return new Promise((resolve, reject) => {
      const cancel = runtime.after(limits.intentMs, () => {
        this.#keep().then((value) => {
          if (this.#isPromised) resolve({ value, isPromised: true });
        }, reject);
      });
      const answered = (): void => {
        this.#isAnswered = true;
        cancel();
      };
      this.#answer.finally(answered).then((value) => resolve({ value, isPromised: false }), reject);
    });
  }

  /** @returns what it will give, once that is promised */
  async #keep(): Promise<unknown> {
    const value = await this.#expected();
    if (value === undefined || this.#isAnswered) return undefined;
    this.#keeping = this.#put();
    await this.#keeping;
    this.#isPromised = this.#kept !== undefined && !this.#isAnswered;
    return value;
  }

  /** @throws MnemeshError when it would be refused; of what else is in the way, it waits for its answer */
  async #expected(): Promise<unknown> {
    try {
      return await this.#intents.expected(this.#write.intent);
    } catch (error) {
      if (isFinal(error)) throw error;
      this.#log(
        'warn',
        'a write waits for its answer, because nobody can say what it gives',
        error,
      );
      return undefined;
    }
  }

  /** Never rejects: what cannot be kept waits for its answer. */
  async #put(): Promise<void> {
    const after = this.#after;
    try {
      this.#kept = await this.#intents.keep(this.#write.intent, after);
      this.#isMarked = after !== undefined;
    } catch (error) {
      this.#log('warn', 'a write waits for its answer, because it cannot be kept', error);
    }
  }

  async #end(): Promise<void> {
    try {
      await this.#answer;
    } catch (error) {
      await this.#keeping;
      if (this.#isPromised) await this.#fulfil(error);
    }
    await this.#keeping;
  }

  /** Asks until it is done, or refused for good. @throws the last failure before closing */
  async #fulfil(failed: unknown): Promise<void> {
    for (const pause of this.#pauses()) {
      if (isFinal(failed))
        return this.#log('error', 'a write that was promised is refused', failed);
      if (this.#host.isClosing()) throw failed;
      this.#log('warn', 'a write that was promised is not done yet', failed);
      await this.#wait(pause);
      try {
        if (this.#after !== undefined) await this.#mark(this.#after);
        this.#attempt = this.#write.ask(this.#after);
        await this.#attempt;
        return;
      } catch (error) {
        failed = error;
      }
    }
  }

  /** What stays on the disk meanwhile is known to be done, by its clock or its id. @throws the last failure before closing */
  async #drop(): Promise<void> {
    for (const pause of this.#pauses()) {
      try {
        return await this.#kept?.done();
      } catch (error) {
        if (this.#host.isClosing()) throw error;
        this.#log('warn', 'what was answered is kept still', error);
        await this.#wait(pause);
      }
    }
  }

  *#pauses(): Generator<number, never> {
    const { lookMs, joinAgainMs } = this.#host.limits;
    for (let pause = lookMs; ; pause = Math.min(2 * pause, joinAgainMs)) yield pause;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#host.runtime.after(ms, resolve));
  }

  #log(level: 'warn' | 'error', text: string, error: unknown): void {
    this.#host.runtime.log(level, text, { error: String(error) });
  }
}

/** Will it be so whoever is asked? Of an answer that is too large the write was done. */
export function isFinal(error: unknown): boolean {
  const codes = ['bad_input', 'write_once', 'not_found', 'too_large'] as const;
  return codes.some((code) => hasCode(error, code));
}

/** Its caller was told. */
function noted(): void {}
