import type { RecordView } from '@mnemesh/core';
import { hasCode, type Runtime } from '@mnemesh/protocol';
import type { HolderLimits } from './holder-limits.js';
import type { Intent, Intents, KeptIntent } from './intents.js';
import type { RecordName } from './messages.js';
import { SeenRecords } from './seen-records.js';
import { keyOf } from './shown-memory.js';

export interface PromisedWritesHost {
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
  /** Where they are kept; undefined where none are. */
  intents(): Intents | undefined;
  isClosing(): boolean;
}

interface Given {
  readonly value: unknown;
  /** Once it is done, and nowhere kept; at once when undefined. */
  readonly over: Promise<void> | undefined;
}

/** Writes of a guest that count as saved because they are kept, while the holder has not answered yet. */
export class PromisedWrites {
  readonly #seen: SeenRecords;
  readonly #host: PromisedWritesHost;
  readonly #open = new Set<Promise<void>>();
  /** Of each record, when the latest write of it is over. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(host: PromisedWritesHost) {
    this.#host = host;
    this.#seen = new SeenRecords(host.limits.seenRecords);
  }

  /** Where they are kept now. */
  get intents(): Intents | undefined {
    return this.#host.intents();
  }

  /** What a method gave, or its watch was told: remembered as long as anything can be kept. */
  note(part: string, name: string, value: unknown): void {
    if (this.intents !== undefined) this.#seen.note(part, name, value);
  }

  told(part: string, namespace: string, changes: unknown): void {
    if (this.intents !== undefined) this.#seen.told(part, namespace, changes);
  }

  /** A record as it was given last. */
  seen(part: string, record: RecordName): RecordView | undefined {
    return this.#seen.of(part, record);
  }

  /** Resolves when every one is done: whoever reads next is to find them. Never rejects. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#open);
  }

  /**
   * What a write gives: its answer, or, if that takes longer than keeping it, what it will be. It is asked once
   * the writes of its record before it are over and kept no more: one that is asked again, or done for a guest
   * that is gone, must not come after what its user wrote later.
   * @throws MnemeshError as the answer; `bad_input`, `write_once`
   */
  async sooner(ask: () => Promise<unknown>, intent: Intent): Promise<unknown> {
    const { intents } = this;
    const key = keyOf({ namespace: intent.namespace, id: intent.record });
    const before = this.#last.get(key);
    const answer = before === undefined ? ask() : before.then(ask);
    if (intents === undefined) return answer;
    const giving = this.#give(answer, ask, intents, intent);
    const over: Promise<void> = giving
      .then((given) => given.over, noted)
      .then(() => {
        if (this.#last.get(key) === over) this.#last.delete(key);
      });
    this.#last.set(key, over);
    return (await giving).value;
  }

  #give(
    answer: Promise<unknown>,
    ask: () => Promise<unknown>,
    intents: Intents,
    intent: Intent,
  ): Promise<Given> {
    const { runtime, limits } = this.#host;
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      let keeping: Promise<void> | undefined;
      const cancel = runtime.after(limits.intentMs, () => {
        const kept = intents.keep(intent);
        keeping = kept.then((one) => (isAnswered ? this.#forget(one) : undefined), noted);
        kept.then((one) => {
          if (one === undefined || isAnswered) return;
          resolve({ value: one.value, over: this.#promise(one, answer, ask) });
        }, reject);
      });
      const answered = (): void => {
        isAnswered = true;
        cancel();
      };
      answer.finally(answered).then((value) => resolve({ value, over: keeping }), reject);
    });
  }

  /** @returns when it is done. Never rejects. */
  #promise(kept: KeptIntent, answer: Promise<unknown>, ask: () => Promise<unknown>): Promise<void> {
    const settled: Promise<void> = this.#fulfil(answer, ask)
      .then(() => kept.done())
      .catch((error: unknown) => {
        // It stays kept, and is tried again when this guest is gone.
        this.#host.runtime.log('error', 'a write that was promised was not done', {
          error: String(error),
        });
      })
      .finally(() => this.#open.delete(settled));
    this.#open.add(settled);
    return settled;
  }

  /** Asks until it is done. @throws what says that it never can be, or the last failure before closing */
  async #fulfil(answer: Promise<unknown>, ask: () => Promise<unknown>): Promise<void> {
    const { runtime, limits } = this.#host;
    let pause = limits.lookMs;
    for (let asked = answer; ; asked = ask()) {
      try {
        await asked;
        return;
      } catch (error) {
        if (this.#host.isClosing() || isFinal(error)) throw error;
        runtime.log('warn', 'a write that was promised is not done yet', {
          error: String(error),
        });
        await new Promise<void>((resolve) => runtime.after(pause, resolve));
        pause = Math.min(2 * pause, limits.joinAgainMs);
      }
    }
  }

  async #forget(kept: KeptIntent | undefined): Promise<void> {
    try {
      await kept?.done();
    } catch (error) {
      this.#host.runtime.log('warn', 'what was answered is kept still', { error: String(error) });
    }
  }
}

/** Will it be so whoever is asked? */
export function isFinal(error: unknown): boolean {
  return (['bad_input', 'write_once', 'not_found', 'too_large'] as const).some((code) =>
    hasCode(error, code),
  );
}

/** Its caller was told. */
function noted(): void {}
