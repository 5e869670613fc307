import type { Guid, Runtime } from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { ChangeOrigin } from '../documents/segment-surroundings.js';
import type { Segments } from '../documents/segments.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore } from '../ports/index.js';
import { SerialQueue } from '../serial-queue.js';
import { Timers } from '../timers.js';
import { forgettingLimits } from './forgetting-limits.js';

/** A segment of which nothing forgotten is left on this device. */
export interface ScrubbedSegment {
  readonly place: SegmentPlace;
  readonly obeyed: readonly VerifiedEnvelope[];
}

export interface ScrubberSurroundings {
  readonly runtime: Pick<Runtime, 'now' | 'after' | 'log'>;
  readonly segments: Segments;
  readonly journal: Journal;
  readonly store: ReplicaStore;
  /** Gives receipts for these. @returns those that are settled; the others stay marked, and are scrubbed again */
  readonly receipts: (segments: readonly ScrubbedSegment[]) => Promise<readonly ScrubbedSegment[]>;
}

/**
 * Brings what lies on this device in line with the tombstones in it. The mark of a document that may
 * hold forgotten bytes is stored with the tombstone and goes away only after the rewriting, so that a
 * crash anywhere repeats the scrub and never skips it.
 */
export class Scrubber {
  readonly #around: ScrubberSurroundings;
  readonly #timers: Timers;
  readonly #turn = new SerialQueue();
  #planned: { readonly at: number; readonly cancel: () => void } | undefined;
  #notBefore = 0;
  #closed = false;

  constructor(around: ScrubberSurroundings) {
    this.#around = around;
    this.#timers = new Timers(around.runtime);
  }

  /** What an earlier opening left undone. */
  start(): void {
    if (this.#around.segments.heads.unscrubbedPlaces().length > 0)
      this.#plan(forgettingLimits.arrivedDelayMs);
  }

  /** A document was marked. */
  due(origin: ChangeOrigin): void {
    this.#plan(origin === 'local' ? forgettingLimits.ownDelayMs : forgettingLimits.arrivedDelayMs);
  }

  /** Scrubs at once what is due. @throws MnemeshError `store_failed` */
  now(): Promise<void> {
    return this.#turn.run(() => this.#scrubAll());
  }

  /** Waits for a scrub under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.end();
    await this.#turn.drained();
  }

  #plan(delayMs: number): void {
    const { runtime } = this.#around;
    const at = Math.max(runtime.now() + delayMs, this.#notBefore);
    if (this.#closed || (this.#planned !== undefined && this.#planned.at <= at)) return;
    this.#planned?.cancel();
    const cancel = this.#timers.after(at - runtime.now(), () => {
      this.#planned = undefined;
      this.now().catch((error) => {
        runtime.log('warn', 'a scrub failed, and will be repeated', { error: String(error) });
        this.#plan(forgettingLimits.retryMs);
      });
    });
    this.#planned = { at, cancel };
  }

  async #scrubAll(): Promise<void> {
    const { segments, journal, store, runtime } = this.#around;
    const places = segments.heads.unscrubbedPlaces().filter((place) => !segments.isOver(place));
    if (places.length === 0 || journal.failure !== undefined) return;
    const began = runtime.now();
    const done: ScrubbedSegment[] = [];
    const forgets = new Map<Guid, number>();
    for (const place of places) {
      if (this.#closed) return;
      await segments.use(place, async (segment) => {
        await segment.sweep();
        forgets.set(place.guid, segments.heads.forgets(place.guid));
        done.push({ place, obeyed: await segment.scrub() });
      });
    }
    await store.erase(places.map(({ guid }) => guid));
    this.#notBefore = runtime.now() + (runtime.now() - began) * forgettingLimits.restFactor;
    const settled = await this.#around.receipts(done);
    const marks = settled.map(({ place: { guid } }) => ({ guid, forgets: forgets.get(guid) ?? 0 }));
    await journal.commit(segments.heads.markScrubbed(marks));
    if (settled.length === done.length && segments.heads.unscrubbedPlaces().length > 0)
      this.#plan(forgettingLimits.arrivedDelayMs);
  }
}
