import type { Guid } from '@mnemesh/protocol';
import type { StoreBatch } from '../ports/index.js';
import { isLocalNamespace } from './local-namespace.js';
import type { SegmentPlace } from './segment-place.js';
import type { ChangeOrigin } from './segment-surroundings.js';

/** What the store remembers of a segment beside its documents and records. */
export interface StoredMarks {
  /** The relay may lack something of it. */
  readonly unacked: boolean;
  /** It lost elements without a tombstone or successor. */
  readonly lacking: boolean;
  /** What is stored of it may hold bytes of forgotten records. */
  readonly unscrubbed: boolean;
  readonly bytes: number;
}

/** What is known of a segment without loading it. */
type SegmentHead = { -readonly [mark in keyof StoredMarks]: StoredMarks[mark] } & {
  readonly place: SegmentPlace;
  /** Counts changes that concern what is forgotten, so that a scrub begun before the last one does not hide it. */
  forgets: number;
  /** Counts changes, likewise for an ack. */
  changes: number;
};

/** A document that was found wholly held by the relay, as of this many changes. */
export interface CoveredDocument {
  readonly guid: Guid;
  readonly changes: number;
}

/** Every segment this replica has heard of, with the marks that outlive its being loaded. */
export class SegmentHeads {
  readonly #heads = new Map<Guid, SegmentHead>();
  readonly #isOver: (place: SegmentPlace) => boolean;
  readonly #unscrubbed: (place: SegmentPlace, origin: ChangeOrigin) => void;
  #unacked = 0;

  /** @param unscrubbed called when something of a segment was forgotten, by whoever's change */
  constructor(
    isOver: (place: SegmentPlace) => boolean,
    unscrubbed: (place: SegmentPlace, origin: ChangeOrigin) => void,
  ) {
    this.#isOver = isOver;
    this.#unscrubbed = unscrubbed;
  }

  get known(): number {
    return this.#heads.size;
  }

  /** Segments of which something is stored here. */
  get stored(): number {
    let stored = 0;
    for (const { bytes } of this.#heads.values()) if (bytes > 0) stored++;
    return stored;
  }

  get unacked(): number {
    return this.#unacked;
  }

  has(guid: Guid): boolean {
    return this.#heads.has(guid);
  }

  placeOf(guid: Guid): SegmentPlace | undefined {
    return this.#heads.get(guid)?.place;
  }

  bytesOf(guid: Guid): number {
    return this.#heads.get(guid)?.bytes ?? 0;
  }

  /** How often a segment changed since this opening. Undefined when nobody has heard of it. */
  changesOf(guid: Guid): number | undefined {
    return this.#heads.get(guid)?.changes;
  }

  places(): readonly SegmentPlace[] {
    return this.#where(() => true);
  }

  unackedPlaces(): readonly SegmentPlace[] {
    return this.#where(({ unacked, place }) => unacked && !this.#isOver(place));
  }

  lackingPlaces(): readonly SegmentPlace[] {
    return this.#where(({ lacking }) => lacking);
  }

  unscrubbedPlaces(): readonly SegmentPlace[] {
    return this.#where(({ unscrubbed }) => unscrubbed);
  }

  isUnacked(guid: Guid): boolean {
    return this.#heads.get(guid)?.unacked === true;
  }

  isLacking(guid: Guid): boolean {
    return this.#heads.get(guid)?.lacking === true;
  }

  isUnscrubbed(guid: Guid): boolean {
    return this.#heads.get(guid)?.unscrubbed === true;
  }

  /** How often something of a segment was forgotten since this opening; see `markScrubbed`. */
  forgets(guid: Guid): number {
    return this.#heads.get(guid)?.forgets ?? 0;
  }

  /** Hears of a segment, once; what it is marked with then is what the store remembers. */
  add(place: SegmentPlace, marks: Partial<StoredMarks> = {}): void {
    if (this.#heads.has(place.guid)) return;
    const unacked = marks.unacked === true && !isLocalNamespace(place.namespace);
    this.#heads.set(place.guid, {
      place,
      unacked,
      lacking: marks.lacking ?? false,
      unscrubbed: marks.unscrubbed ?? false,
      bytes: marks.bytes ?? 0,
      changes: 0,
      forgets: 0,
    });
    if (unacked) this.#unacked++;
  }

  remove(guid: Guid): void {
    if (this.isUnacked(guid)) this.#unacked--;
    this.#heads.delete(guid);
  }

  setBytes(guid: Guid, bytes: number): void {
    const head = this.#heads.get(guid);
    if (head !== undefined) head.bytes = bytes;
  }

  /** A part of the batch that changes a document: from now on the relay may lack something of it. */
  markUnacked(guid: Guid): Pick<StoreBatch, 'unacked'> {
    const head = this.#heads.get(guid);
    if (head === undefined) return {};
    head.changes++;
    if (head.unacked || isLocalNamespace(head.place.namespace)) return {};
    head.unacked = true;
    this.#unacked++;
    return { unacked: [{ guid, unacked: true }] };
  }

  /** A part of the batch that records an ack. Documents that changed since they were judged stay unacked. */
  markAcked(covered: readonly CoveredDocument[]): Pick<StoreBatch, 'unacked'> {
    const acked = covered.filter(({ guid, changes }) => {
      const head = this.#heads.get(guid);
      return head?.unacked === true && head.changes === changes;
    });
    for (const { guid } of acked) (this.#heads.get(guid) as SegmentHead).unacked = false;
    this.#unacked -= acked.length;
    return acked.length === 0
      ? {}
      : { unacked: acked.map(({ guid }) => ({ guid, unacked: false })) };
  }

  /** The relay forgot, or is another one: what it holds is unknown. The store is told by `resetSync`. */
  markAllUnacked(): void {
    for (const head of this.#heads.values()) {
      if (head.unacked || isLocalNamespace(head.place.namespace)) continue;
      head.unacked = true;
      this.#unacked++;
    }
  }

  markLacking(guid: Guid, lacking: boolean): Pick<StoreBatch, 'lacking'> {
    const head = this.#heads.get(guid);
    if (head === undefined || head.lacking === lacking) return {};
    head.lacking = lacking;
    return { lacking: [{ guid, lacking }] };
  }

  markUnscrubbed(guid: Guid, origin: ChangeOrigin): Pick<StoreBatch, 'unscrubbed'> {
    const head = this.#heads.get(guid);
    if (head === undefined) return {};
    head.forgets++;
    this.#unscrubbed(head.place, origin);
    if (head.unscrubbed) return {};
    head.unscrubbed = true;
    return { unscrubbed: [{ guid, unscrubbed: true }] };
  }

  /** A part of the batch that ends scrubs. A document in which more was forgotten since `forgets` was read stays due. */
  markScrubbed(
    scrubbed: readonly { readonly guid: Guid; readonly forgets: number }[],
  ): Pick<StoreBatch, 'unscrubbed'> {
    const done = scrubbed.filter(({ guid, forgets }) => this.forgets(guid) === forgets);
    for (const { guid } of done) {
      const head = this.#heads.get(guid);
      if (head !== undefined) head.unscrubbed = false;
    }
    return { unscrubbed: done.map(({ guid }) => ({ guid, unscrubbed: false })) };
  }

  #where(fits: (head: SegmentHead) => boolean): readonly SegmentPlace[] {
    return [...this.#heads.values()].filter(fits).map(({ place }) => place);
  }
}
