import { MnemeshError } from '@mnemesh/protocol';

/** Items that may wait to be written. Reached only when a program never awaits its writes. */
export const QUEUED_ITEMS = 100_000;
/** Items written in one transaction, so that others need not wait long for the next. */
export const GROUP_ITEMS = 250;

/** One item's outcome within its group; `undefined` is success. */
export type Outcome = unknown;

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Writes items in the order in which they came; what came while a group was being written is the next group. */
export class WriteQueue<Item> {
  readonly #standsAlone: (item: Item) => boolean;
  readonly #write: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  readonly #waiting: Waiting<Item>[] = [];
  #running: Promise<void> | undefined;
  /** Why a group could not be written. A later item may rest on what was lost, so none is written any more. */
  #failure: unknown;

  /**
   * @param standsAlone must not share a transaction with the items before it or after it
   * @param write makes the items durable and tells each one's outcome; a throw means that none was written
   */
  constructor(
    standsAlone: (item: Item) => boolean,
    write: (items: readonly Item[]) => Promise<readonly Outcome[]>,
  ) {
    this.#standsAlone = standsAlone;
    this.#write = write;
  }

  /** Resolves when the item is written. */
  add(item: Item): Promise<void> {
    if (this.#waiting.length >= QUEUED_ITEMS) {
      const message = `${QUEUED_ITEMS} writes already wait for the disk. Await earlier ones first.`;
      return Promise.reject(new MnemeshError('overloaded', message, { retryable: true }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** No item is written any more: what the store holds is no longer what was asked for. */
  fail(reason: unknown): void {
    this.#failure ??= reason;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // What is asked for in one go is written in one go.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#groupLength());
      const outcomes = await this.#outcomes(group.map(({ item }) => item));
      for (const [n, { resolve, reject }] of group.entries()) {
        if (outcomes[n] === undefined) resolve();
        else reject(outcomes[n]);
      }
    }
    this.#running = undefined;
  }

  #groupLength(): number {
    const alone = this.#waiting.findIndex(({ item }) => this.#standsAlone(item));
    if (alone === 0) return 1;
    return Math.min(alone === -1 ? this.#waiting.length : alone, GROUP_ITEMS);
  }

  async #outcomes(items: readonly Item[]): Promise<readonly Outcome[]> {
    if (this.#failure === undefined) {
      try {
        return await this.#write(items);
      } catch (error) {
        this.#failure ??= error ?? new Error('not written');
      }
    }
    return items.map(() => this.#failure);
  }
}
