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
  /** Where writes are kept; undefined where the holder is this one. */
  intents(): Intents | undefined;
}

/** Writes of a guest that count as saved because they are kept, while the holder has not answered yet. */
export class PromisedWrites {
  readonly #host: PromisedWritesHost;
  readonly #open = new Set<PromisedWrite>();
  /** Of each record, the latest. */
  readonly #last = new Map<string, PromisedWrite>();

  constructor(host: PromisedWritesHost) {
    this.#host = host;
  }

  /** Where they are kept now. */
  get intents(): Intents | undefined {
    return this.#host.intents();
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
    const key = keyOf(record);
    const one = new PromisedWrite(this.#host, intents, write, this.#last.get(key)?.over);
    this.#open.add(one);
    this.#last.set(key, one);
    const end = (): void => {
      this.#open.delete(one);
      if (this.#last.get(key) === one) this.#last.delete(key);
    };
    one.over.then(end, end);
    return one.given;
  }

  /** Asks for a write that is not promised, once the promised ones of its record are over. */
  inTurn(record: RecordName, ask: () => Promise<unknown>): Promise<unknown> {
    const before = this.#last.get(keyOf(record));
    return before === undefined ? ask() : before.over.then(ask);
  }

  /** Resolves when all that count as saved are done: whoever reads next is to find them. Never rejects. */
  async caughtUp(): Promise<void> {
    await Promise.allSettled(
      [...this.#open].filter((one) => one.isPromised).map((one) => one.over),
    );
  }

  /** Resolves when all are over, or stay kept. Never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#open].map((one) => one.over));
  }
}
