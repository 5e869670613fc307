import type { Write } from '@mnemesh/core';

/** Writes of this page that are remembered; the oldest make way. Enough to look back on a sitting. */
const KEPT = 200;

/** How far a write of this page has come. */
export type Reached = 'saving' | 'saved' | 'acked' | 'failed';

export interface TrackedWrite {
  readonly number: number;
  /** In a person's words: `Remembered “We ship on Fridays”`. */
  readonly label: string;
  readonly reached: Reached;
  readonly at: number;
  readonly error?: string;
}

/** What the person wrote in this page since it was opened, and how far each write has come. */
export class Outbox {
  #writes: readonly TrackedWrite[] = [];
  #last = 0;
  readonly #listeners = new Set<() => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The latest first. */
  readonly read = (): readonly TrackedWrite[] => this.#writes;

  /** Gives what the write gives, and rejects as it does. */
  async track<T>(label: string, write: Write<T>): Promise<T> {
    this.#last += 1;
    const number = this.#last;
    const begun: TrackedWrite = { number, label, reached: 'saving', at: this.#now() };
    this.#set([begun, ...this.#writes].slice(0, KEPT));
    try {
      const value = await write;
      this.#reach(number, { reached: 'saved' });
      write.acked.then(
        () => this.#reach(number, { reached: 'acked' }),
        () => undefined,
      );
      return value;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#reach(number, { reached: 'failed', error: message });
      throw error;
    }
  }

  #reach(number: number, change: Partial<TrackedWrite>): void {
    this.#set(this.#writes.map((one) => (one.number === number ? { ...one, ...change } : one)));
  }

  #set(writes: readonly TrackedWrite[]): void {
    this.#writes = writes;
    for (const listener of [...this.#listeners]) listener();
  }
}
