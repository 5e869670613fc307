import type { Replica } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';

export interface RecentChange {
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly origin: 'local' | 'remote';
  /** Whether that is what happened to it. One that is only not found is no news of its being forgotten. */
  readonly isForgotten: boolean;
}

/** What changed since a holder opened its replica, each record once, up to a bound. */
export class RecentChanges {
  readonly #changes = new Map<string, RecentChange>();
  readonly #stop: () => void;

  constructor(replica: Replica, most: number) {
    this.#stop = replica.onRecordsEverywhere((namespace, changes) => {
      for (const { id, record, origin } of changes) {
        const key = `${namespace}\n${id}`;
        this.#changes.delete(key);
        this.#changes.set(key, { namespace, id, origin, isForgotten: record === undefined });
        if (this.#changes.size <= most) continue;
        const [oldest] = this.#changes.keys();
        this.#changes.delete(oldest as string);
      }
    });
  }

  /** Oldest first. */
  list(): readonly RecentChange[] {
    return [...this.#changes.values()];
  }

  close(): void {
    this.#stop();
  }
}
