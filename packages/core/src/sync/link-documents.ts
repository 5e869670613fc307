import { closeCodes, type Guid, type Namespace, type Runtime } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { SegmentEvent } from '../documents/segment-surroundings.js';
import type { Segments } from '../documents/segments.js';
import type { Timers } from '../timers.js';
import { DelayedOffers } from './delayed-offers.js';
import { Exchange } from './exchange.js';
import type { FramedLink } from './framed-link.js';
import type { KnownStates } from './known-states.js';
import type { LinkOwner } from './link-owner.js';
import { syncLimits } from './sync-limits.js';

/** What the documents of a link take from it. */
export interface LinkSurroundings {
  readonly framed: FramedLink;
  readonly runtime: Runtime;
  /** Of the link: what still waits when it ends is never done. */
  readonly timers: Timers;
  readonly segments: Segments;
  readonly known: KnownStates;
  readonly owner: Pick<LinkOwner, 'isOver' | 'denied' | 'everyMs'>;
  /** Offers a document, or compares it first where this link must. */
  readonly offer: (place: SegmentPlace) => void;
  /** Pushes went wrong so often that the ends must compare this document again. */
  readonly compare: (place: SegmentPlace) => void;
  /** An offer that waited was made. */
  readonly offered: () => void;
}

/** The documents of one link, to whatever it leads: which are being compared, and which wait to be offered. */
export class LinkDocuments {
  readonly exchange: Exchange;
  readonly #around: LinkSurroundings;
  readonly #asked = new Set<Guid>();
  /** Others' writes: usually the other end gets them first. */
  readonly #foreign: DelayedOffers;
  /** Writes of this replica whose namespace does not go out at any time. */
  readonly #held: DelayedOffers;
  /** When something of a namespace that is held back was last offered over this link. */
  readonly #offeredAt = new Map<Namespace, number>();

  constructor(around: LinkSurroundings) {
    this.#around = around;
    const { framed, segments, known, owner } = around;
    this.exchange = new Exchange(framed, segments, known, {
      compare: around.compare,
      denied: (place, reason) => owner.denied(place, reason),
      made: () => around.offered(),
      failed: (error) => this.fail(error),
    });
    const offer = (place: SegmentPlace): void => {
      if (framed.open) around.offer(place);
      around.offered();
    };
    this.#foreign = new DelayedOffers(around.timers, offer);
    this.#held = new DelayedOffers(around.timers, (place) => {
      this.#offeredAt.set(place.namespace, around.runtime.now());
      offer(place);
    });
  }

  /** How many documents the other end was asked for, and has not sent yet. */
  get asked(): number {
    return this.#asked.size;
  }

  /** Nothing is being compared, waits to be offered or is on its way. */
  get settled(): boolean {
    return (
      this.#asked.size === 0 && this.#foreign.isEmpty && this.#held.isEmpty && this.exchange.quiet
    );
  }

  isAsked(guid: Guid): boolean {
    return this.#asked.has(guid);
  }

  /** Does it wait to be offered? */
  isDelayed(guid: Guid): boolean {
    return this.#foreign.has(guid) || this.#held.has(guid);
  }

  /** A change was saved here. */
  changed({ segment, origin }: SegmentEvent): void {
    const { place } = segment;
    if (this.#asked.has(place.guid)) return;
    if (origin === 'local') this.#offerOwn(place);
    else if (this.exchange.lacks(place, segment.state))
      this.#foreign.add(place, syncLimits.foreignDelayMs);
  }

  /** Nothing is held back any more of what was written until now. */
  flush(): void {
    this.#held.flush();
  }

  #offerOwn(place: SegmentPlace): void {
    const { owner, runtime } = this.#around;
    const { namespace } = place;
    const everyMs = owner.everyMs(namespace);
    if (everyMs === 0) {
      this.#around.offer(place);
      return;
    }
    const now = runtime.now();
    const waitMs = (this.#offeredAt.get(namespace) ?? Number.NEGATIVE_INFINITY) + everyMs - now;
    if (waitMs > 0) {
      // A clock that was set back makes nobody wait for longer than that.
      this.#held.add(place, Math.min(waitMs, everyMs));
      return;
    }
    this.#offeredAt.set(namespace, now);
    this.#around.offer(place);
  }

  /** Asks the other end for what this one lacks of a document; nothing is pushed of it until that has come. */
  ask(place: SegmentPlace): void {
    const { framed, owner, segments } = this.#around;
    if (this.#asked.has(place.guid) || !framed.open || owner.isOver(place)) return;
    this.#asked.add(place.guid);
    this.exchange.suspend(place);
    segments.stateOf(place).then(
      (state) => this.exchange.sendState(place, state),
      (error) => this.fail(error),
    );
  }

  answered(guid: Guid): void {
    this.#asked.delete(guid);
  }

  /** This document is over: nothing more is said of it. */
  drop(guid: Guid): void {
    this.#asked.delete(guid);
    this.exchange.drop(guid);
  }

  fail(error: unknown): void {
    this.#around.runtime.log('error', 'a link failed', { error: String(error) });
    this.#around.framed.close(closeCodes.storeFailed, 'this replica cannot read its store');
  }
}
