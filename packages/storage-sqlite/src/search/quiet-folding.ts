import type { Cancel, Runtime } from '@mnemesh/protocol';

/** Milliseconds without a write after which records are indexed: a burst of writes is saved first. */
const QUIET_MS = 200;
/** Milliseconds between blocks, for whatever else the process does. */
const PAUSE_MS = 20;

/** Indexes full blocks of records, one in a turn, while nobody writes. */
export class QuietFolding {
  readonly #runtime: Pick<Runtime, 'after'>;
  readonly #fold: () => boolean;
  #planned: Cancel | undefined;
  #stopped = false;

  /** @param fold indexes a block; true while there is more to index */
  constructor(runtime: Pick<Runtime, 'after'>, fold: () => boolean) {
    this.#runtime = runtime;
    this.#fold = fold;
  }

  /** Something was written and a full block waits: not now, then. */
  postpone(): void {
    this.#plan(QUIET_MS);
  }

  /** Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#planned?.();
  }

  #plan(ms: number): void {
    if (this.#stopped) return;
    this.#planned?.();
    this.#planned = this.#runtime.after(ms, () => {
      if (!this.#stopped && this.#fold()) this.#plan(PAUSE_MS);
    });
  }
}
