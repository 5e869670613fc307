import type { MeshStatus } from '@mnemesh/core';
import type { Log } from '@mnemesh/protocol';

/** What a guest was told last of the status of its replica, for whoever wants to know of changes. */
export class GuestStatus {
  readonly #log: Log;
  readonly #leads: (() => boolean) | undefined;
  readonly #listeners = new Set<(status: MeshStatus) => void>();
  #last: MeshStatus | undefined;

  /** @param leads of tabs: whether this one leads */
  constructor(log: Log, leads: (() => boolean) | undefined) {
    this.#log = log;
    this.#leads = leads;
  }

  /** Undefined before the first welcome. */
  get last(): MeshStatus | undefined {
    return this.#last;
  }

  /** Returns a function that ends it. */
  add(listener: (status: MeshStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(told: MeshStatus): void {
    const status = this.#leads === undefined ? told : { ...told, leads: this.#leads() };
    this.#last = status;
    for (const listener of this.#listeners) {
      try {
        listener(status);
      } catch (error) {
        this.#log('error', 'a listener of the status threw', { error: String(error) });
      }
    }
  }

  setOffline(offline: boolean): void {
    if (this.#last !== undefined) this.tell({ ...this.#last, offline });
  }

  /** Nobody holds the replica: whatever it was linked with, it is not now. */
  unlinked(): void {
    const last = this.#last;
    if (last === undefined) return;
    const transports = last.transports.map((transport) => ({ ...transport, links: 0, peers: [] }));
    this.tell({ ...last, synced: false, transports });
  }

  clear(): void {
    this.#listeners.clear();
  }
}
