import type { Cancel, Guid } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Timers } from '../timers.js';

interface Waiting {
  readonly place: SegmentPlace;
  readonly cancel: Cancel;
}

/** Documents of which something is to be offered over a link, but not yet: each once, whatever changes in it meanwhile. */
export class DelayedOffers {
  readonly #timers: Timers;
  readonly #offer: (place: SegmentPlace) => void;
  readonly #waiting = new Map<Guid, Waiting>();

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

  /** One that waits already keeps its time. */
  add(place: SegmentPlace, ms: number): void {
    const { guid } = place;
    if (this.#waiting.has(guid)) return;
    const cancel = this.#timers.after(ms, () => {
      this.#waiting.delete(guid);
      this.#offer(place);
    });
    this.#waiting.set(guid, { place, cancel });
  }

  /** Offers at once what waits. */
  flush(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { place, cancel } of waiting) {
      cancel();
      this.#offer(place);
    }
  }
}
