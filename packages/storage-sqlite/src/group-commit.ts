import { MnemeshError } from '@mnemesh/protocol';

/** Items that may wait to be written. Reached only when a program never awaits its writes. */
export const QUEUED_ITEMS = 100_000;
/** Items written in one transaction, so that one turn of the loop stays short. */
export const GROUP_ITEMS = 250;

/** One call's outcome within its group; `undefined` is success. */
export type Outcome = unknown;

interface Waiting<Item> {
  readonly item: Item;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Writes what is asked for during one turn of the loop in one transaction, in the order of the calls:
 * a flush to the disk costs more than everything in it.
 */
export class GroupCommit<Item> {
  readonly #prepare: (item: Item) => Promise<void> | undefined;
  readonly #write: (items: readonly Item[]) => readonly Outcome[];
  #queue: {
    readonly waiting: Waiting<Item>;
    ready: boolean;
    readonly prepared: Promise<void> | undefined;
  }[] = [];
  #running: Promise<void> | undefined;
  /** Why a group could not be written. A later item may rest on what was lost, so none is written any more. */
  #failure: unknown;

  /**
   * @param prepare what must be done outside the transaction before an item can be written; later items wait for it
   * @param write makes the items durable and tells each one's outcome; a throw means that none was written
   */
  constructor(
    prepare: (item: Item) => Promise<void> | undefined,
    write: (items: readonly Item[]) => readonly Outcome[],
  ) {
    this.#prepare = prepare;
    this.#write = write;
  }

  /** Resolves when the item is durable. */
  add(item: Item): Promise<void> {
    if (this.#queue.length >= QUEUED_ITEMS) {
      const message = `${QUEUED_ITEMS} writes already wait for the disk. Await earlier ones first.`;
      return Promise.reject(new MnemeshError('overloaded', message, { retryable: true }));
    }
    return new Promise((resolve, reject) => {
      const prepared = this.#prepare(item);
      // Told to whoever added it, when its turn comes.
      prepared?.catch(() => undefined);
      const entry = { waiting: { item, resolve, reject }, ready: prepared === undefined, prepared };
      this.#queue.push(entry);
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        await endOfTurn();
        await this.#prepareFirst();
        this.#writeGroup();
      }
    } finally {
      this.#running = undefined;
    }
  }

  async #prepareFirst(): Promise<void> {
    const [first] = this.#queue;
    if (first === undefined || first.ready) return;
    try {
      await first.prepared;
      first.ready = true;
    } catch (error) {
      this.#queue.shift();
      first.waiting.reject(error);
    }
  }

  #writeGroup(): void {
    const unready = this.#queue.findIndex((entry) => !entry.ready);
    const length = Math.min(unready === -1 ? this.#queue.length : unready, GROUP_ITEMS);
    if (length === 0) return;
    const group = this.#queue.splice(0, length).map((entry) => entry.waiting);
    const outcomes = this.#outcomes(group.map((waiting) => waiting.item));
    for (const [i, { resolve, reject }] of group.entries()) {
      if (outcomes[i] === undefined) resolve();
      else reject(outcomes[i]);
    }
  }

  #outcomes(items: readonly Item[]): readonly Outcome[] {
    if (this.#failure === undefined) {
      try {
        return this.#write(items);
      } catch (error) {
        this.#failure = error ?? new Error('not written');
      }
    }
    return items.map(() => this.#failure);
  }
}

export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
