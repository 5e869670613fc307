import { type FrameOf, type Guid, limits, MnemeshError, segmentGuid } from '@mnemesh/protocol';
import {
  type DocumentState,
  decodeState,
  emptyState,
  encodeState,
  readUpdate,
  stateCovers,
  stateOf,
  uniteStates,
} from '@mnemesh/segment';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import type { FramedLink } from './framed-link.js';
import type { KnownStates } from './known-states.js';
import { syncLimits } from './sync-limits.js';

/** What one link knows of one document. */
interface LinkDocument {
  readonly place: SegmentPlace;
  /** What the other end holds if nothing this link carried is lost: never pushed again on this link. */
  presumed: DocumentState;
  /** Both ends have compared: from here on pushes of differences suffice. */
  live: boolean;
  gapsInRow: number;
  denied: string | undefined;
}

interface Pushed {
  readonly number: number;
  readonly guid: Guid;
  readonly state: DocumentState;
}

/** Why an exchange needs its owner. */
export interface ExchangeOwner {
  /** Compare this document by state before anything else is said of it. */
  compare(place: SegmentPlace): void;
  denied(place: SegmentPlace, reason: string): void;
  /** Every difference that was asked for is on its way, or there was none. */
  made(): void;
  /** Reading a document failed: the store is gone. */
  failed(error: unknown): void;
}

/**
 * Pushes over one link what its other end lacks: always the difference between what a document
 * holds and what the other end is presumed to hold, so that nothing is sent twice and nothing is
 * forgotten, whoever wrote it.
 */
export class Exchange {
  readonly #link: FramedLink;
  readonly #segments: Segments;
  readonly #known: KnownStates;
  readonly #owner: ExchangeOwner;
  readonly #documents = new Map<Guid, LinkDocument>();
  readonly #numbers = new Map<Guid, number>();
  readonly #introduced = new Map<number, SegmentPlace>();
  #inFlight: Pushed[] = [];
  #forwarded: Pushed[] = [];
  #pushes = 0;
  readonly #dirty = new Set<Guid>();
  /** Differences that are being made, and wait for room: neither dirty any more nor in flight yet. */
  readonly #making = new Set<{ readonly guid: Guid }>();
  #draining = false;

  constructor(link: FramedLink, segments: Segments, known: KnownStates, owner: ExchangeOwner) {
    this.#link = link;
    this.#segments = segments;
    this.#known = known;
    this.#owner = owner;
  }

  /** The number this end uses for a document, introducing it first if need be. */
  number({ guid, namespace, segment }: SegmentPlace): number {
    const known = this.#numbers.get(guid);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    if (number >= limits.linkDocuments)
      throw new MnemeshError('overloaded', 'This link carries too many documents.', {
        retryable: true,
      });
    this.#numbers.set(guid, number);
    this.#link.send({ type: 'introduce', document: number, namespace, segment });
    return number;
  }

  introduced(
    { document, namespace, segment }: FrameOf<'introduce'>,
    allows: (place: SegmentPlace) => boolean,
  ): void {
    const place = {
      namespace,
      segment,
      guid: segmentGuid(this.#segments.mesh, namespace, segment),
    };
    if (!allows(place))
      throw new MnemeshError('bad_frame', `${namespace} is not shared on this link.`);
    this.#introduced.set(document, place);
  }

  /** @throws MnemeshError `bad_frame` for a number that was never introduced */
  place(document: number): SegmentPlace {
    const place = this.#introduced.get(document);
    if (place === undefined)
      throw new MnemeshError('bad_frame', `Document ${document} was not introduced.`);
    return place;
  }

  isLive(guid: Guid): boolean {
    return this.#documents.get(guid)?.live === true;
  }

  /** The ends have compared this document; the other one holds at least `held`. Pushes what it lacks. */
  goLive(place: SegmentPlace, held: DocumentState): void {
    const document = this.#document(place);
    document.live = true;
    document.presumed = uniteStates(document.presumed, held);
    this.offer(place);
  }

  /** Wait for `goLive` before anything is pushed. */
  suspend(place: SegmentPlace): void {
    this.#document(place).live = false;
  }

  /** This much arrived over this link, so it need not go back. */
  presume(place: SegmentPlace, state: DocumentState): void {
    const document = this.#document(place);
    document.presumed = uniteStates(document.presumed, state);
  }

  /** Does the document hold what the other end lacks, as far as this link knows? */
  lacks(place: SegmentPlace, state: DocumentState): boolean {
    return !stateCovers(this.#documents.get(place.guid)?.presumed ?? emptyState, state);
  }

  /** Pushes what the other end lacks of this document, soon. */
  offer(place: SegmentPlace): void {
    this.#document(place);
    this.#dirty.add(place.guid);
    this.#drain();
  }

  /** An update that the other end holds but has not committed yet. */
  forwarded(place: SegmentPlace, number: number, state: DocumentState): void {
    this.presume(place, state);
    this.#forwarded.push({ number, guid: place.guid, state });
  }

  /** @throws MnemeshError `bad_frame` for an ack of what was never pushed */
  durable({ received, sent }: FrameOf<'durable'>): readonly Guid[] {
    if (received > this.#pushes)
      throw new MnemeshError('bad_frame', `Push ${received} was acked, and never made.`);
    const done = [
      ...this.#inFlight.filter((push) => push.number <= received),
      ...this.#forwarded.filter((push) => push.number <= sent),
    ];
    this.#inFlight = this.#inFlight.filter((push) => push.number > received);
    this.#forwarded = this.#forwarded.filter((push) => push.number > sent);
    for (const { guid, state } of done) this.#known.add(guid, state);
    const guids = [...new Set(done.map(({ guid }) => guid))];
    for (const guid of guids) {
      const document = this.#documents.get(guid);
      if (document !== undefined) document.gapsInRow = 0;
    }
    return guids;
  }

  /** A push did not follow on what the other end holds: push again from what it says it holds. */
  gap({ push, state }: FrameOf<'gap'>): void {
    const pushed = this.#inFlight.find((other) => other.number === push);
    if (pushed === undefined) return; // refused together with an earlier push to the same document
    const { guid } = pushed;
    this.#inFlight = this.#inFlight.filter((other) => other.guid !== guid || other.number < push);
    const document = this.#documents.get(guid) as LinkDocument;
    document.presumed = decodeState(state);
    document.gapsInRow++;
    if (document.gapsInRow < syncLimits.gapsInRow) {
      this.offer(document.place);
    } else {
      document.live = false;
      document.gapsInRow = 0;
      this.#owner.compare(document.place);
    }
  }

  denied({ push, reason }: FrameOf<'denied'>): void {
    const pushed = this.#inFlight.find((other) => other.number === push);
    if (pushed === undefined) return;
    this.#inFlight = this.#inFlight.filter((other) => other.guid !== pushed.guid);
    const document = this.#documents.get(pushed.guid) as LinkDocument;
    document.denied = reason;
    this.#owner.denied(document.place, reason);
  }

  /** The other end holds `held` and asks for the rest: pushes it, then says what all of it is. */
  async answer(place: SegmentPlace, held: DocumentState): Promise<void> {
    const document = this.#document(place);
    document.presumed = held;
    document.live = true;
    const state = await this.#pushInTurn(document);
    this.#link.send({ type: 'held', document: this.number(place), state: encodeState(state) });
  }

  /** Asks for what this end lacks of a document. */
  sendState(place: SegmentPlace, state: DocumentState): void {
    this.#link.send({ type: 'state', document: this.number(place), state: encodeState(state) });
  }

  /** This document is over: nothing of it is pushed any more, nor waited for. */
  drop(guid: Guid): void {
    this.#documents.delete(guid);
    this.#dirty.delete(guid);
    this.#inFlight = this.#inFlight.filter((push) => push.guid !== guid);
    this.#forwarded = this.#forwarded.filter((push) => push.guid !== guid);
  }

  /** Nothing of this document is on its way to the other end, and nothing that it refuses. */
  isQuiet(guid: Guid): boolean {
    return (
      this.#documents.get(guid)?.denied === undefined &&
      !this.#dirty.has(guid) &&
      ![...this.#making].some((turn) => turn.guid === guid) &&
      !this.#inFlight.some((push) => push.guid === guid) &&
      !this.#forwarded.some((push) => push.guid === guid)
    );
  }

  /** Nothing of any document is on its way, or waits to be. */
  get quiet(): boolean {
    return (
      this.#nextDirty() === undefined &&
      this.#making.size === 0 &&
      this.#inFlight.length === 0 &&
      this.#forwarded.length === 0
    );
  }

  #document(place: SegmentPlace): LinkDocument {
    const known = this.#documents.get(place.guid);
    if (known !== undefined) return known;
    const document = {
      place,
      presumed: this.#known.get(place.guid),
      live: false,
      gapsInRow: 0,
      denied: undefined,
    };
    this.#documents.set(place.guid, document);
    return document;
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#pushAll().catch((error) => {
      this.#draining = false;
      this.#owner.failed(error);
    });
  }

  async #pushAll(): Promise<void> {
    for (;;) {
      const next = this.#nextDirty();
      if (next === undefined || !this.#link.open) {
        this.#draining = false;
        return;
      }
      this.#dirty.delete(next.place.guid);
      await this.#pushInTurn(next);
    }
  }

  /** Waits for room first: a peer may ask for everything at once. */
  async #pushInTurn(document: LinkDocument): Promise<DocumentState> {
    const turn = { guid: document.place.guid };
    this.#making.add(turn);
    try {
      await this.#link.roomy();
      return await this.#push(document);
    } finally {
      this.#making.delete(turn);
      if (this.#making.size === 0) this.#owner.made();
    }
  }

  #nextDirty(): LinkDocument | undefined {
    for (const guid of this.#dirty) {
      const document = this.#documents.get(guid);
      if (document?.live === true) return document;
    }
    return undefined;
  }

  /** @returns what the document held when the difference was taken */
  async #push(document: LinkDocument): Promise<DocumentState> {
    const { place } = document;
    const { update, state } = await this.#segments.missing(place, document.presumed);
    if (update === undefined || document.denied !== undefined || !document.live || !this.#link.open)
      return state;
    if (update.length > limits.updateBytes) {
      document.denied = 'too_large';
      this.#owner.denied(place, 'too_large');
      return state;
    }
    const pushed = stateOf(readUpdate(update));
    document.presumed = uniteStates(document.presumed, pushed);
    const number = this.number(place);
    this.#pushes++;
    this.#inFlight.push({ number: this.#pushes, guid: place.guid, state: pushed });
    this.#link.send({ type: 'push', number: this.#pushes, document: number, update });
    return state;
  }
}
