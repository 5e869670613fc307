import { hasCode, type Runtime } from '@mnemesh/protocol';
import type { HolderLimits } from './holder-limits.js';
import type { Intent, Intents, KeptIntent } from './intents.js';

export interface PromisedWritesHost {
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
  isClosing(): boolean;
}

/** Creations of a guest that count as saved because they are kept, while the holder has not answered yet. */
export class PromisedWrites {
  readonly #host: PromisedWritesHost;
  readonly #open = new Set<Promise<void>>();

  constructor(host: PromisedWritesHost) {
    this.#host = host;
  }

  /** Resolves when every one is done: whoever reads next is to find them. Never rejects. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#open);
  }

  /**
   * What a creation gives: its answer, or, if that takes longer than keeping it, what it will be.
   * @throws MnemeshError as the answer; `bad_input`
   */
  sooner(ask: () => Promise<unknown>, intents: Intents, intent: Intent): Promise<unknown> {
    const { runtime, limits } = this.#host;
    const answer = ask();
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const cancel = runtime.after(limits.intentMs, () => {
        intents.keep(intent).then((kept) => {
          if (kept === undefined) return;
          if (isAnswered) this.#forget(kept);
          else {
            this.#promise(kept, answer, ask);
            resolve(kept.value);
          }
        }, reject);
      });
      const answered = (): void => {
        isAnswered = true;
        cancel();
      };
      answer.finally(answered).then(resolve, reject);
    });
  }

  #promise(kept: KeptIntent, answer: Promise<unknown>, ask: () => Promise<unknown>): void {
    const settled: Promise<void> = this.#fulfil(answer, ask)
      .then(() => kept.done())
      .catch((error: unknown) => {
        // It stays kept, and is tried again when this guest is gone.
        this.#host.runtime.log('error', 'a record that was to be created was not', {
          error: String(error),
        });
      })
      .finally(() => this.#open.delete(settled));
    this.#open.add(settled);
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
        runtime.log('warn', 'a record that was to be created was not yet', {
          error: String(error),
        });
        await new Promise<void>((resolve) => runtime.after(pause, resolve));
        pause = Math.min(2 * pause, limits.joinAgainMs);
      }
    }
  }

  #forget(kept: KeptIntent): void {
    kept.done().catch((error: unknown) => {
      this.#host.runtime.log('warn', 'what was answered is kept still', { error: String(error) });
    });
  }
}

/** Will it be so whoever is asked? */
export function isFinal(error: unknown): boolean {
  return hasCode(error, 'bad_input') || hasCode(error, 'not_found') || hasCode(error, 'too_large');
}
