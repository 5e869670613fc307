import type { Intents } from './intents.js';
import type { RecordName } from './messages.js';
import {
  type Given,
  PromisedWrite,
  type PromisedWriteHost,
  type SoonerWrite,
} from './promised-write.js';
import { keyOf } from './shown-memory.js';

export interface PromisedWritesHost extends PromisedWriteHost {
  /** Where writes are kept. Undefined: nowhere, and each waits for its answer. */
  readonly intents: Intents | undefined;
  /** The holder is this one: it answers soon. */
  leads(): boolean;
}

/** Writes of a guest that count as saved because they are kept, while the holder has not answered yet. */
export class PromisedWrites {
  readonly #host: PromisedWritesHost;
  readonly #open = new Set<PromisedWrite>();
  /** Of each record, when the latest write of it is over, whether it was promised or not. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(host: PromisedWritesHost) {
    this.#host = host;
  }

  /** Where they are kept now. */
  get intents(): Intents | undefined {
    return this.#host.leads() ? undefined : this.#host.intents;
  }

  /**
   * What a write gives: its answer, or, if that takes longer than keeping it, what it will give. It is asked once
   * the writes of its record before it are over: one that is asked again, or done for a guest that is gone, must not come after
   * what its user wrote later.
   * @throws MnemeshError as the answer; `bad_input`, `write_once`
   */
  async sooner(write: SoonerWrite): Promise<Given> {
    const { intents } = this;
    const { record } = write.intent;
    if (intents === undefined)
      return { value: await this.inTurn(record, () => write.ask()), isPromised: false };
    const one = new PromisedWrite(this.#host, intents, write, this.#last.get(keyOf(record)));
    this.#open.add(one);
    const end = (): void => void this.#open.delete(one);
    one.gone.then(end, end);
    this.#follow(record, one.over);
    return one.given;
  }

  /** Asks for a write that is not promised, once those of its record before it are over. */
  inTurn(record: RecordName | undefined, ask: () => Promise<unknown>): Promise<unknown> {
    if (record === undefined || this.#host.intents === undefined) return ask();
    const before = this.#last.get(keyOf(record));
    const answer = before === undefined ? ask() : before.then(ask);
    this.#follow(record, answer.then(noted, noted));
    return answer;
  }

  /**
   * Resolves when all that count as saved were asked for: whoever reads next finds them, but those that failed and are
   * asked for again. Never rejects.
   */
  async caughtUp(): Promise<void> {
    const promised = [...this.#open].filter((one) => one.isPromised);
    await Promise.all(promised.map((one) => one.attempted()));
  }

  /** Resolves when all are kept no more, or stay kept because the guest closes. Never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#open].map((one) => one.gone));
  }

  #follow(record: RecordName, over: Promise<void>): void {
    const key = keyOf(record);
    this.#last.set(key, over);
    const end = (): void => {
      if (this.#last.get(key) === over) this.#last.delete(key);
    };
    over.then(end, end);
  }
}

/** Its caller was told. */
function noted(): void {}
