import type { Guid } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Timers } from '../timers.js';
import { syncLimits } from './sync-limits.js';

/**
 * Documents with others' writes that the other end of a link seems to lack: each is offered after a
 * delay, once, whatever changes in it meanwhile, since usually the other end gets those writes first.
 */
export class DelayedOffers {
  readonly #timers: Timers;
  readonly #offer: (place: SegmentPlace) => void;
  readonly #waiting = new Set<Guid>();

  /** @param timers of the link: what still waits when the link ends is never offered */
  constructor(timers: Timers, offer: (place: SegmentPlace) => void) {
    this.#timers = timers;
    this.#offer = offer;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  has(guid: Guid): boolean {
    return this.#waiting.has(guid);
  }

  add(place: SegmentPlace): void {
    if (this.#waiting.has(place.guid)) return;
    this.#waiting.add(place.guid);
    this.#timers.after(syncLimits.foreignDelayMs, () => {
      this.#waiting.delete(place.guid);
      this.#offer(place);
    });
  }
}
