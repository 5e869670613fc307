import {
  type Ends,
  type Guid,
  type MeshId,
  type Namespace,
  type SegmentName,
  segmentGuid,
} from '@mnemesh/protocol';
import { type DocumentState, emptyState, SegmentDocument, stateCovers } from '@mnemesh/segment';
import type { AwaitedDocument, StoreBatch } from '../ports/index.js';
import { isLocalNamespace } from './local-namespace.js';
import { RestedStates } from './rested-states.js';
import { type ChangeOrigin, Segment, type SegmentSurroundings, segmentOver } from './segment.js';
import type { SegmentPlace } from './segment-place.js';

/** What is known of a segment without loading it. */
interface SegmentHead {
  readonly place: SegmentPlace;
  unacked: boolean;
  lacking: boolean;
  unscrubbed: boolean;
  /** Counts changes that concern what is forgotten, likewise for a scrub. */
  forgets: number;
  bytes: number;
  /** Counts changes, so that an ack that was judged before the last one does not hide it. */
  changes: number;
}

/** A document that was found wholly held by the relay, as of this many changes. */
export interface CoveredDocument {
  readonly guid: Guid;
  readonly changes: number;
}

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
  readonly #around: SegmentsSurroundings;
  readonly #heads = new Map<Guid, SegmentHead>();
  readonly #loaded = new Map<Guid, Promise<Segment>>();
  readonly #opened = new Map<Guid, Segment>();
  readonly #rested = new RestedStates();
  readonly #users = new Map<Guid, number>();
  readonly #newest = new Map<Namespace, number>();
  readonly #gap: (place: SegmentPlace) => void;
  #unacked = 0;
  #unverified = 0;

  /** @param gap called when a stored document turned out to have a hole that only a peer can fill */
  constructor(around: SegmentsSurroundings, gap: (place: SegmentPlace) => void) {
    this.#around = around;
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

  get known(): number {
    return this.#heads.size;
  }

  /** Segments of which something is stored here. */
  get stored(): number {
    let stored = 0;
    for (const { bytes } of this.#heads.values()) if (bytes > 0) stored++;
    return stored;
  }

  get loaded(): number {
    return this.#loaded.size;
  }

  get unacked(): number {
    return this.#unacked;
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
    return [...this.#heads.values()].map(({ place }) => place);
  }

  isOver({ namespace, segment }: Pick<SegmentPlace, 'namespace' | 'segment'>): boolean {
    return this.#around.ends.has(namespace, segment);
  }

  /** The highest number of a namespace's segments that this replica has heard of. */
  newestOf(namespace: Namespace): number {
    return Math.max(this.#newest.get(namespace) ?? 0, this.#around.ends.floor(namespace) - 1);
  }

  isUnacked(guid: Guid): boolean {
    return this.#heads.get(guid)?.unacked === true;
  }

  /** Lets go of a segment that is over, and knows it no more. Whoever still holds it finds it closed. */
  async remove({ guid }: SegmentPlace): Promise<void> {
    const loaded = await this.#loaded.get(guid)?.catch(() => undefined);
    this.#loaded.delete(guid);
    this.#opened.delete(guid);
    this.#rested.delete(guid);
    if (this.#heads.get(guid)?.unacked) this.#unacked--;
    this.#heads.delete(guid);
    await loaded?.close();
  }

  unackedPlaces(): readonly SegmentPlace[] {
    return [...this.#heads.values()]
      .filter(({ unacked, place }) => unacked && !this.isOver(place))
      .map(({ place }) => place);
  }

  has(guid: Guid): boolean {
    return this.#heads.has(guid);
  }

  /** Is something of this segment stored here? */
  isStored(guid: Guid): boolean {
    return (this.#heads.get(guid)?.bytes ?? 0) > 0;
  }

  placeOf(guid: Guid): SegmentPlace | undefined {
    return this.#heads.get(guid)?.place;
  }

  place(namespace: Namespace, segment: SegmentName): SegmentPlace {
    return { namespace, segment, guid: segmentGuid(this.mesh, namespace, segment) };
  }

  /** The segment that fresh records of a namespace go to: a decimal number, no agreement needed. */
  current(namespace: Namespace): SegmentPlace {
    const { ends, limits } = this.#around;
    let number = Math.max(this.#newest.get(namespace) ?? 1, ends.floor(namespace), 1);
    const head = this.#heads.get(this.place(namespace, String(number) as SegmentName).guid);
    if (head !== undefined && head.bytes >= limits.bytes) number++;
    while (ends.has(namespace, String(number) as SegmentName)) number++;
    return this.place(namespace, String(number) as SegmentName);
  }

  /** Runs `task` on the loaded segment, loading it first; it stays loaded at least that long. */
  async use<T>(place: SegmentPlace, task: (segment: Segment) => Promise<T>): Promise<T> {
    const { guid } = place;
    if (!this.#heads.has(guid) && this.isOver(place)) throw segmentOver(place);
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

  /** What a document holds beyond `known`, as one V1 update, and all that it holds. Loads nothing for it. */
  async missing(
    place: SegmentPlace,
    known: DocumentState,
  ): Promise<{ readonly update: Uint8Array | undefined; readonly state: DocumentState }> {
    const take = (document: Pick<SegmentDocument, 'missing' | 'state'>) => ({
      update: document.missing(known),
      state: document.state,
    });
    if (this.#loaded.has(place.guid)) return this.use(place, async (segment) => take(segment));
    return (await this.#readStored(place.guid, take)) ?? { update: undefined, state: emptyState };
  }

  /** What a document holds, without keeping it loaded. */
  async stateOf(place: SegmentPlace): Promise<DocumentState> {
    const { guid } = place;
    const loaded = this.#loaded.get(guid);
    if (loaded !== undefined) return (await loaded).state;
    const rested = this.#rested.get(guid);
    if (rested !== undefined) return rested;
    const changes = this.#heads.get(guid)?.changes;
    const state = await this.#storedState(guid);
    const unchanged = !this.#loaded.has(guid) && this.#heads.get(guid)?.changes === changes;
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
      const head = this.#heads.get(guid);
      if (head === undefined || !head.unacked) continue;
      const { changes, place } = head;
      if (stateCovers(known(guid), await this.stateOf(place))) covered.push({ guid, changes });
    }
    return covered;
  }

  /** Has this document lost elements without a tombstone or successor? */
  isLacking(guid: Guid): boolean {
    return this.#heads.get(guid)?.lacking === true;
  }

  lackingPlaces(): readonly SegmentPlace[] {
    return [...this.#heads.values()].filter(({ lacking }) => lacking).map(({ place }) => place);
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

  #markLacking(guid: Guid, lacking: boolean): Pick<StoreBatch, 'lacking'> {
    const head = this.#heads.get(guid);
    if (head === undefined || head.lacking === lacking) return {};
    head.lacking = lacking;
    return { lacking: [{ guid, lacking }] };
  }

  /** Documents whose stored bytes may hold what is forgotten. */
  unscrubbedPlaces(): readonly SegmentPlace[] {
    return [...this.#heads.values()]
      .filter(({ unscrubbed }) => unscrubbed)
      .map(({ place }) => place);
  }

  isUnscrubbed(guid: Guid): boolean {
    return this.#heads.get(guid)?.unscrubbed === true;
  }

  /** How often something of a document was forgotten since this opening; see `markScrubbed`. */
  forgets(guid: Guid): number {
    return this.#heads.get(guid)?.forgets ?? 0;
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

  #markUnscrubbed(guid: Guid, origin: ChangeOrigin): Pick<StoreBatch, 'unscrubbed'> {
    const head = this.#heads.get(guid);
    if (head === undefined) return {};
    head.forgets++;
    this.#around.unscrubbed(head.place, origin);
    if (head.unscrubbed) return {};
    head.unscrubbed = true;
    return { unscrubbed: [{ guid, unscrubbed: true }] };
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

  /** A document that exists elsewhere: fresh records go to the newest segment known. */
  heardOf({ namespace, segment }: AwaitedDocument | SegmentPlace): void {
    this.#raiseNewest(namespace, segment);
  }

  async close(): Promise<void> {
    const segments = await Promise.all(this.#loaded.values());
    this.#loaded.clear();
    await Promise.all(segments.map((segment) => segment.close()));
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
    this.#know(place, { unacked: false, lacking: false, unscrubbed: false, bytes: 0 });
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
        markUnacked: (guid) => this.markUnacked(guid),
        markLacking: (guid, lacking) => this.#markLacking(guid, lacking),
        markUnscrubbed: (guid, origin) => this.#markUnscrubbed(guid, origin),
        rested: () => this.#unloadIdle(),
      },
      place,
    );
    this.#opened.set(place.guid, segment);
    if (gaps > 0) this.#gap(place);
    return segment;
  }

  #know(
    place: SegmentPlace,
    {
      unacked,
      lacking,
      unscrubbed,
      bytes,
    }: Pick<SegmentHead, 'unacked' | 'lacking' | 'unscrubbed' | 'bytes'>,
  ): void {
    if (this.#heads.has(place.guid)) return;
    const waits = unacked && !isLocalNamespace(place.namespace);
    this.#heads.set(place.guid, {
      place,
      unacked: waits,
      lacking,
      unscrubbed,
      bytes,
      changes: 0,
      forgets: 0,
    });
    if (waits) this.#unacked++;
    this.#raiseNewest(place.namespace, place.segment);
  }

  #raiseNewest(namespace: Namespace, segment: SegmentName): void {
    if (!/^[1-9][0-9]{0,8}$/.test(segment)) return;
    if ((this.#newest.get(namespace) ?? 0) < Number(segment))
      this.#newest.set(namespace, Number(segment));
  }

  #remember(segment: Segment): void {
    const head = this.#heads.get(segment.place.guid);
    if (head === undefined) return;
    const { records, bytes } = this.#around.limits;
    head.bytes = segment.recordCount >= records ? bytes : segment.bytes;
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
