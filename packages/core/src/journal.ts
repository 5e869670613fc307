import { type Cancel, MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { ReplicaStore, StoreBatch } from './ports/index.js';

/** Milliseconds after which a deferred batch is made durable if no other batch did it. A power cut loses no more of what others sent. */
const DEFERRED_MS = 1_000;

/**
 * The one way into the store. After a failed commit nothing more is written: what is in memory is
 * ahead of the disk, and later updates would not follow on what is stored. Reopening heals it.
 */
export class Journal {
  readonly #store: ReplicaStore;
  readonly #runtime: Pick<Runtime, 'after'>;
  readonly #changed: () => void;
  #flushing: Cancel | undefined;
  #closed = false;
  #pending = 0;
  #failure: MnemeshError | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param changed called when `pending` or `failure` changes */
  constructor(store: ReplicaStore, runtime: Pick<Runtime, 'after'>, changed: () => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#changed = changed;
  }

  /** Commits that are not durable yet. */
  get pending(): number {
    return this.#pending;
  }

  get failure(): MnemeshError | undefined {
    return this.#failure;
  }

  /**
   * Resolves when the batch, and every earlier one, is durable; a deferred one, when it can be read.
   * @throws MnemeshError `store_failed`
   */
  commit(batch: StoreBatch): Promise<void> {
    if (batch.deferred) this.#flushLater();
    else this.#cancelFlush();
    const saved = this.#commit(batch);
    this.#last = saved.catch(() => undefined);
    return saved;
  }

  /** Resolves when everything committed so far is durable, or has failed. */
  async flushed(): Promise<void> {
    await this.#last;
  }

  /** Plans nothing more. The store's own close makes durable what was deferred. */
  close(): void {
    this.#closed = true;
    this.#cancelFlush();
  }

  #flushLater(): void {
    if (this.#closed) return;
    this.#flushing ??= this.#runtime.after(DEFERRED_MS, () => {
      this.commit({}).catch(() => undefined); // `failure` tells
    });
  }

  #cancelFlush(): void {
    this.#flushing?.();
    this.#flushing = undefined;
  }

  async #commit(batch: StoreBatch): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#pending++;
    try {
      await this.#store.commit(batch);
    } catch (cause) {
      this.#failure ??= failureOf(cause);
      throw this.#failure;
    } finally {
      this.#pending--;
      this.#changed();
    }
  }
}

function failureOf(cause: unknown): MnemeshError {
  const why =
    cause instanceof MnemeshError
      ? cause.message
      : 'The store could not be written. Free space or repair the disk.';
  return new MnemeshError(
    'store_failed',
    `${why} This replica takes no more writes until the mesh is opened again; everything saved before is kept.`,
    { cause },
  );
}
