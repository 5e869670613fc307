import type { MeshStatus } from '../status.js';
import type { Timers } from '../timers.js';

/** Tells of a replica's status: once for all that changes in one turn, and only while somebody listens. */
export class StatusListeners {
  readonly #timers: Timers;
  readonly #read: () => MeshStatus;
  readonly #listeners = new Set<(status: MeshStatus) => void>();
  #planned = false;

  constructor(timers: Timers, read: () => MeshStatus) {
    this.#timers = timers;
    this.#read = read;
  }

  /** Returns a function that ends it. */
  add(listener: (status: MeshStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    if (this.#planned || this.#listeners.size === 0) return;
    this.#planned = true;
    this.#timers.after(0, () => {
      this.#planned = false;
      const status = this.#read();
      for (const listener of this.#listeners) listener(status);
    });
  }

  clear(): void {
    this.#listeners.clear();
  }
}
