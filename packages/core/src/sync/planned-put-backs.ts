import { type Guid, type Runtime, randomFraction } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import { Timers } from '../timers.js';

/** A put-back waits up to this long, so that one holder does it and the others see it done. */
const PUT_BACK_DELAY_MS = 1_000;

/** Documents that lost elements without a tombstone or successor, each of which gets them back once, in a moment. */
export class PlannedPutBacks {
  readonly #runtime: Runtime;
  readonly #segments: Segments;
  readonly #timers: Timers;
  readonly #planned = new Set<Guid>();

  constructor(runtime: Runtime, segments: Segments) {
    this.#runtime = runtime;
    this.#segments = segments;
    this.#timers = new Timers(runtime);
  }

  /** Does nothing for a document that lacks nothing. */
  plan(place: SegmentPlace): void {
    const { guid } = place;
    if (this.#planned.has(guid) || !this.#segments.heads.isLacking(guid)) return;
    this.#planned.add(guid);
    this.#timers.after(PUT_BACK_DELAY_MS * randomFraction(this.#runtime), () => {
      this.#planned.delete(guid);
      this.#putBack(place);
    });
  }

  /** What is planned is left to the next opening. */
  end(): void {
    this.#timers.end();
  }

  #putBack(place: SegmentPlace): void {
    this.#segments
      .use(place, (segment) => segment.putBack())
      .catch((error) => this.#runtime.log('warn', 'a put-back failed', { error: String(error) }));
  }
}
