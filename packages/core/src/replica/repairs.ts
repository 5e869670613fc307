import type { Log } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore } from '../ports/index.js';
import type { SyncEngine } from '../sync/sync-engine.js';

/** Segments of which stored rows were lost: what is left is loaded, and the rest asked for. */
export class Repairs {
  readonly #store: ReplicaStore;
  readonly #segments: Segments;
  readonly #journal: Journal;
  readonly #sync: SyncEngine;
  readonly #log: Log;

  constructor(around: {
    readonly store: ReplicaStore;
    readonly segments: Segments;
    readonly journal: Journal;
    readonly sync: SyncEngine;
    readonly log: Log;
  }) {
    this.#store = around.store;
    this.#segments = around.segments;
    this.#journal = around.journal;
    this.#sync = around.sync;
    this.#log = around.log;
  }

  /** Begins with what the store found damaged when it was opened. */
  open(): void {
    for (const { guid } of this.#store.damaged) {
      const place = this.#segments.placeOf(guid);
      if (place !== undefined) this.damaged(place);
    }
  }

  damaged(place: SegmentPlace): void {
    this.#repair(place).catch((error) => {
      this.#log('error', 'asking for a damaged segment failed', { error: String(error) });
    });
  }

  async #repair(place: SegmentPlace): Promise<void> {
    await this.#sync.missing(place);
    await this.#segments.use(place, (segment) => segment.reproject());
    await this.#journal.commit({ repaired: [place.guid] });
  }
}
