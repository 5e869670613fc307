import {
  type Ends,
  type Guid,
  type MeshId,
  type Namespace,
  type SegmentName,
  segmentGuid,
} from '@mnemesh/protocol';
import { type DocumentState, emptyState, SegmentDocument, stateCovers } from '@mnemesh/segment';
import type { AwaitedDocument } from '../ports/index.js';
import { RestedStates } from './rested-states.js';
import { Segment, segmentOver } from './segment.js';
import { type CoveredDocument, SegmentHeads, type StoredMarks } from './segment-heads.js';
import type { SegmentPlace } from './segment-place.js';
import type { ChangeOrigin, SegmentSurroundings } from './segment-surroundings.js';

/** What segments take from their replica; the marks on their heads are kept here. */
export type SegmentsSurroundings = Omit<
  SegmentSurroundings,
  'markUnacked' | 'markLacking' | 'markUnscrubbed' | 'rested'
> & {
  /** What is stored of a segment may hold bytes of forgotten records, by whoever's change. */
  readonly unscrubbed: (place: SegmentPlace, origin: ChangeOrigin) => void;
  /** What is over. */
  readonly ends: Ends;
};

/** Loaded segments that one turn asks whether they are idle, least recently used first: in a burst none of hundreds is. */
const LOOKED_AT = 16;

/** Every segment this replica has heard of, and the few that are loaded. */
export class Segments {
  /** What is known of each without loading it. */
  readonly heads: SegmentHeads;
  readonly #around: SegmentsSurroundings;
  readonly #loaded = new Map<Guid, Promise<Segment>>();
  readonly #opened = new Map<Guid, Segment>();
  readonly #rested = new RestedStates();
  readonly #users = new Map<Guid, number>();
  readonly #newest = new Map<Namespace, number>();
  /** Bytes of fresh records that were given a place in a current segment, written by now or not. */
  readonly #placedBytes = new Map<Guid, number>();
  readonly #gap: (place: SegmentPlace) => void;
  #unverified = 0;

  /** @param gap called when a stored document turned out to have a hole that only a peer can fill */
  constructor(around: SegmentsSurroundings, gap: (place: SegmentPlace) => void) {
    this.#around = around;
    this.heads = new SegmentHeads((place) => this.isOver(place), around.unscrubbed);
    this.#gap = gap;
  }

  /** Reads the list of stored documents; loads none. */
  async open(): Promise<void> {
    for (const head of await this.#around.store.documents()) {
      const { guid, namespace, segment } = head;
      this.#know({ namespace, segment, guid }, head);
    }
  }

  get mesh(): MeshId {
    return this.#around.mesh;
  }

  get loaded(): number {
    return this.#loaded.size;
  }

  get unverified(): number {
    return [...this.#opened.values()].reduce(
      (sum, segment) => sum + segment.unverified,
      this.#unverified,
    );
  }

  /** All that are not over. */
  places(): readonly SegmentPlace[] {
    return this.storedPlaces().filter((place) => !this.isOver(place));
  }

  /** All of which something may be stored, also what is over and not deleted yet. */
  storedPlaces(): readonly SegmentPlace[] {
    return this.heads.places();
  }

  isOver({ namespace, segment }: Pick<SegmentPlace, 'namespace' | 'segment'>): boolean {
    return this.#around.ends.has(namespace, segment);
  }

  /** The highest number of a namespace's segments that this replica has heard of. */
  newestOf(namespace: Namespace): number {
    return Math.max(this.#newest.get(namespace) ?? 0, this.#around.ends.floor(namespace) - 1);
  }

  /** Lets go of a segment that is over, and knows it no more. Whoever still holds it finds it closed. */
  async remove({ guid }: SegmentPlace): Promise<void> {
    const loaded = await this.#loaded.get(guid)?.catch(() => undefined);
    this.#loaded.delete(guid);
    this.#opened.delete(guid);
    this.#rested.delete(guid);
    this.heads.remove(guid);
    await loaded?.close();
  }

  has(guid: Guid): boolean {
    return this.heads.has(guid);
  }

  /** Is something of this segment stored here? */
  isStored(guid: Guid): boolean {
    return this.heads.bytesOf(guid) > 0;
  }

  placeOf(guid: Guid): SegmentPlace | undefined {
    return this.heads.placeOf(guid);
  }

  place(namespace: Namespace, segment: SegmentName): SegmentPlace {
    return { namespace, segment, guid: segmentGuid(this.mesh, namespace, segment) };
  }

  /** The segment that fresh records of a namespace go to: a decimal number, no agreement needed. */
  current(namespace: Namespace): SegmentPlace {
    const { ends, limits } = this.#around;
    let number = Math.max(this.#newest.get(namespace) ?? 1, ends.floor(namespace), 1);
    const { guid } = this.place(namespace, String(number) as SegmentName);
    if (this.heads.bytesOf(guid) >= limits.bytes) number++;
    while (ends.has(namespace, String(number) as SegmentName)) number++;
    return this.place(namespace, String(number) as SegmentName);
  }

  /** The current segment for a fresh record of so many bytes. What others of a burst will write there counts as well. */
  currentFor(namespace: Namespace, bytes: number): SegmentPlace {
    const place = this.current(namespace);
    const placed = (this.#placedBytes.get(place.guid) ?? 0) + bytes;
    if (placed < this.#around.limits.bytes) this.#placedBytes.set(place.guid, placed);
    else {
      this.#placedBytes.delete(place.guid);
      this.#newest.set(namespace, Number(place.segment) + 1);
    }
    return place;
  }

  /** Runs `task` on the loaded segment, loading it first; it stays loaded at least that long. */
  async use<T>(place: SegmentPlace, task: (segment: Segment) => Promise<T>): Promise<T> {
    const { guid } = place;
    if (!this.heads.has(guid) && this.isOver(place)) throw segmentOver(place);
    this.#users.set(guid, (this.#users.get(guid) ?? 0) + 1);
    try {
      const segment = await this.#load(place);
      const result = await task(segment);
      this.#remember(segment);
      return result;
    } finally {
      const users = (this.#users.get(guid) ?? 1) - 1;
      if (users === 0) this.#users.delete(guid);
      else this.#users.set(guid, users);
      await this.#unloadIdle();
    }
  }

  /**
   * What a document holds beyond `known`, as one V1 update, and all that it holds. Loads nothing for it. After the
   * store failed, what is stored alone: what is in memory beyond that was refused.
   */
  async missing(
    place: SegmentPlace,
    known: DocumentState,
  ): Promise<{ readonly update: Uint8Array | undefined; readonly state: DocumentState }> {
    const take = (document: Pick<SegmentDocument, 'missing' | 'state'>) => ({
      update: document.missing(known),
      state: document.state,
    });
    if (this.#loaded.has(place.guid) && !this.#hasFailed)
      return this.use(place, async (segment) => take(segment));
    return (await this.#readStored(place.guid, take)) ?? { update: undefined, state: emptyState };
  }

  /** What a document holds, without keeping it loaded. */
  async stateOf(place: SegmentPlace): Promise<DocumentState> {
    const { guid } = place;
    if (this.#hasFailed) return this.#storedState(guid);
    const loaded = this.#loaded.get(guid);
    if (loaded !== undefined) return (await loaded).state;
    const rested = this.#rested.get(guid);
    if (rested !== undefined) return rested;
    const changes = this.heads.changesOf(guid);
    if (changes === undefined) return emptyState;
    const state = await this.#storedState(guid);
    const unchanged = !this.#loaded.has(guid) && this.heads.changesOf(guid) === changes;
    if (unchanged) this.#rested.set(guid, state);
    return state;
  }

  /** Those of these unacked documents of which `known` says that the relay holds all. */
  async covered(
    guids: readonly Guid[],
    known: (guid: Guid) => DocumentState,
  ): Promise<readonly CoveredDocument[]> {
    const covered: CoveredDocument[] = [];
    for (const guid of guids) {
      const place = this.heads.placeOf(guid);
      const changes = this.heads.changesOf(guid);
      if (place === undefined || changes === undefined || !this.heads.isUnacked(guid)) continue;
      if (stateCovers(known(guid), await this.stateOf(place))) covered.push({ guid, changes });
    }
    return covered;
  }

  /** A document that exists elsewhere: fresh records go to the newest segment known. */
  heardOf({ namespace, segment }: AwaitedDocument | SegmentPlace): void {
    this.#raiseNewest(namespace, segment);
  }

  async close(): Promise<void> {
    // One that could not be loaded has nothing to close.
    const loads = await Promise.allSettled(this.#loaded.values());
    this.#loaded.clear();
    await Promise.all(
      loads.map((load) => (load.status === 'fulfilled' ? load.value.close() : undefined)),
    );
  }

  get #hasFailed(): boolean {
    return this.#around.journal.failure !== undefined;
  }

  async #storedState(guid: Guid): Promise<DocumentState> {
    return (await this.#readStored(guid, ({ state }) => state)) ?? emptyState;
  }

  /** Looks at a stored document in a scratch copy, without the elements in it. */
  async #readStored<T>(guid: Guid, read: (document: SegmentDocument) => T): Promise<T | undefined> {
    const stored = await this.#around.store.document(guid);
    if (stored === undefined) return undefined;
    const scratch = new SegmentDocument(guid, 0);
    if (stored.snapshot !== undefined) scratch.load(stored.snapshot, []);
    scratch.replay(stored.log.map(({ update }) => update));
    const result = read(scratch);
    scratch.destroy();
    return result;
  }

  async #load(place: SegmentPlace): Promise<Segment> {
    const known = this.#loaded.get(place.guid);
    if (known !== undefined) {
      this.#touch(place.guid, known);
      return known;
    }
    this.#know(place);
    const opening = this.#open(place);
    this.#rested.delete(place.guid);
    this.#loaded.set(place.guid, opening);
    opening.catch(() => this.#loaded.delete(place.guid));
    return opening;
  }

  /** Used last, if it is still this one. */
  #touch(guid: Guid, opening: Promise<Segment>): void {
    if (this.#loaded.get(guid) !== opening) return;
    this.#loaded.delete(guid);
    this.#loaded.set(guid, opening);
  }

  async #open(place: SegmentPlace): Promise<Segment> {
    const { segment, gaps } = await Segment.open(
      {
        ...this.#around,
        markUnacked: (guid) => this.heads.markUnacked(guid),
        markLacking: (guid, lacking) => this.heads.markLacking(guid, lacking),
        markUnscrubbed: (guid, origin) => this.heads.markUnscrubbed(guid, origin),
        rested: () => this.#unloadIdle(),
      },
      place,
    );
    this.#opened.set(place.guid, segment);
    if (gaps > 0) this.#gap(place);
    return segment;
  }

  #know(place: SegmentPlace, marks?: StoredMarks): void {
    this.heads.add(place, marks);
    this.#raiseNewest(place.namespace, place.segment);
  }

  #raiseNewest(namespace: Namespace, segment: SegmentName): void {
    // The text of a document may come before the segment of its record.
    const [, digits] =
      /^(?:([1-9][0-9]{0,8})|p([1-9][0-9]{0,8})-.*)$/.exec(segment)?.filter(Boolean) ?? [];
    if (digits === undefined) return;
    if ((this.#newest.get(namespace) ?? 0) < Number(digits))
      this.#newest.set(namespace, Number(digits));
  }

  #remember(segment: Segment): void {
    const { records, bytes } = this.#around.limits;
    const isFull = segment.recordCount >= records;
    this.heads.setBytes(segment.place.guid, isFull ? bytes : segment.bytes);
  }

  async #unloadIdle(): Promise<void> {
    let looked = 0;
    for (const [guid, opening] of this.#loaded) {
      if (this.#loaded.size <= this.#around.limits.loaded || looked++ === LOOKED_AT) return;
      const segment = this.#opened.get(guid);
      if (segment?.idle !== true || this.#users.has(guid) || this.#loaded.get(guid) !== opening) {
        this.#touch(guid, opening);
        continue;
      }
      this.#loaded.delete(guid);
      this.#opened.delete(guid);
      this.#unverified += segment.unverified;
      this.#rested.set(guid, segment.state);
      await segment.close();
    }
  }
}
