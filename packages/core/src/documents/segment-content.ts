import {
  fromHex,
  type MeshId,
  MnemeshError,
  type RecordId,
  type Runtime,
  type Signatures,
  segmentContext,
  TOMBSTONE_FIELD,
  type Version,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  ElementSet,
  type Place,
  type SegmentChange,
  SegmentDocument,
  type VerifiedEnvelope,
} from '@mnemesh/segment';
import { freshClientId } from '../identity.js';
import type { StoredDocument, StoredEnvelope } from '../ports/index.js';
import { auditsOf } from '../records/audit.js';
import { putBackElements } from './put-back.js';
import { authorCommits, checkSize, type RecordWrite } from './record-write.js';
import type { SegmentPlace } from './segment-place.js';
import { type RecordDelta, SegmentRecords } from './segment-records.js';
import { loadEnvelopes } from './stored-envelope.js';

/** What a change did to a segment: to its document, and to the records that are proven by it. */
export interface ContentChange {
  readonly change: SegmentChange | undefined;
  readonly delta: RecordDelta;
  /** It brought or removed bytes of forgotten records: until a scrub, what is stored may hold them. */
  readonly forgot: boolean;
}

/** An error where the record's own rules refused the write. */
export type RecordOutcome = 'written' | 'exists' | 'missing' | MnemeshError;

/** What a loaded segment keeps in memory, whatever lies in its document. */
export type DocumentContent = Pick<SegmentContent, keyof SegmentContent>;

/**
 * One segment of records in memory: its Yjs document, the elements in it, and the records they prove. Nothing
 * here is stored; whoever changes it takes turns and saves what it did.
 */
export class SegmentContent {
  readonly #context: Uint8Array;
  readonly #runtime: Runtime;
  readonly #signatures: Signatures;
  readonly #document: SegmentDocument;
  readonly #elements: ElementSet;
  readonly #records = new SegmentRecords();
  #unverified = 0;
  #lacking = false;

  private constructor(
    surroundings: {
      readonly mesh: MeshId;
      readonly runtime: Runtime;
      readonly signatures: Signatures;
    },
    { namespace, segment, guid }: SegmentPlace,
  ) {
    const { mesh, runtime, signatures } = surroundings;
    this.#context = segmentContext(mesh, namespace, segment);
    this.#runtime = runtime;
    this.#signatures = signatures;
    this.#document = new SegmentDocument(guid, freshClientId(runtime));
    this.#elements = new ElementSet(this.#context);
  }

  /**
   * Loads what is stored, trusting the record store for what it verified.
   * @returns `gaps`: logged updates that do not follow on what could be read, and were passed over;
   *   `delta`: what the document proves beyond the record store
   */
  static async load(
    surroundings: {
      readonly mesh: MeshId;
      readonly runtime: Runtime;
      readonly signatures: Signatures;
    },
    place: SegmentPlace,
    document: StoredDocument | undefined,
    envelopes: readonly StoredEnvelope[],
  ): Promise<{
    readonly content: SegmentContent;
    readonly gaps: number;
    readonly delta: RecordDelta;
  }> {
    const content = new SegmentContent(surroundings, place);
    if (document?.snapshot !== undefined) content.#document.load(document.snapshot, []);
    const gaps = content.#document.replay((document?.log ?? []).map(({ update }) => update));
    const delta = await content.#index(envelopes);
    return { content, gaps, delta };
  }

  get state(): DocumentState {
    return this.#document.state;
  }

  get recordCount(): number {
    return this.#records.size;
  }

  get elementCount(): number {
    return this.#elements.size;
  }

  /** Elements that are no records: their signature is false, or they are malformed. */
  get unverified(): number {
    return this.#unverified + this.#elements.malformed;
  }

  /** Some record lost its elements without a tombstone or successor; see `putBack`. */
  get lacking(): boolean {
    return this.#lacking;
  }

  ids(): ReadonlySet<RecordId> {
    return new Set([...this.#records.live()].map(({ id }) => id));
  }

  standing(id: RecordId): readonly VerifiedEnvelope[] {
    return this.#records.of(id);
  }

  /** Of a prose document alone. */
  get text(): string {
    return '';
  }

  /** What is held beyond `known`, as one V1 update. */
  missing(known: DocumentState): Uint8Array | undefined {
    return this.#document.missing(known);
  }

  snapshot(): Uint8Array {
    return this.#document.encodeSnapshot();
  }

  /** Takes in received updates, in their order, as one change. */
  async take(updates: readonly Uint8Array[]): Promise<
    ContentChange & {
      /** What each update brings or repeats; undefined where it does not follow on what is held. */
      readonly states: readonly (DocumentState | undefined)[];
    }
  > {
    const { states, change } = this.#document.applyAll(updates);
    const removed = change === undefined ? [] : this.#track(change);
    const added = change?.added.map(({ place }) => place) ?? [];
    await this.#verify();
    const delta = this.#records.merge(this.#elements.prove(this.#elements.versionsAt(added)));
    if (removed.some((version) => this.#isLost(version))) this.#lacking = true;
    return { change, delta, states, forgot: this.#areForgotten(added) };
  }

  /** Signs and appends records' changes, and deletes what they replace in the same transaction. */
  async write(
    writes: readonly RecordWrite[],
  ): Promise<ContentChange & { readonly outcomes: readonly RecordOutcome[] }> {
    const judged = writes.map((write) => this.#decide(write));
    const outcomes = judged.map(({ outcome }) => outcome);
    const accepted = judged
      .filter(({ outcome }) => outcome === 'written')
      .map(({ write }) => {
        const audits = auditsOf(write, this.#records.of(write.id));
        return audits.length === 0 ? write : { ...write, fields: [...write.fields, ...audits] };
      });
    const commits = await authorCommits(accepted, this.#context, this.#runtime, this.#signatures);
    const delta = this.#records.merge(commits.flatMap(({ envelopes }) => envelopes));
    const replaced = new Set(delta.dropped.map(({ version }) => version));
    const elements = commits.flatMap((commit) => commit.elements);
    const change = this.#edit(elements, this.#elements.placesOf(replaced));
    return { outcomes, change, delta, forgot: delta.added.some(isTombstone) };
  }

  /** Deletes what is not needed: replaced, forgotten and duplicate elements. */
  sweep(): Omit<ContentChange, 'delta'> {
    const places = this.#elements.sweepable(
      (version) => this.#records.isLive(version),
      (id) => this.#records.isOver(id),
    );
    const forgot = this.#areForgotten(places);
    return { change: this.#edit([], places), forgot };
  }

  /** Every envelope that stands here. */
  live(): readonly VerifiedEnvelope[] {
    return [...this.#records.live()];
  }

  /** Tombstones that stand here, by the record that each ended. */
  *tombstones(): Generator<VerifiedEnvelope> {
    for (const envelope of this.#records.live()) if (isTombstone(envelope)) yield envelope;
  }

  /** Appends again what was deleted without a tombstone or successor. */
  putBack(): SegmentChange | undefined {
    this.#lacking = false;
    return this.#edit(putBackElements(this.#records.live(), this.#elements), []);
  }

  /** Something other than elements in the same document: the directory's index of subdocuments. */
  alter(
    change: (document: SegmentDocument) => SegmentChange | undefined,
  ): SegmentChange | undefined {
    return change(this.#document);
  }

  destroy(): void {
    this.#document.destroy();
  }

  async #index(stored: readonly StoredEnvelope[]): Promise<RecordDelta> {
    for (const { place, element } of this.#document.elements()) this.#elements.add(place, element);
    const present = this.#elements.unverified();
    const { envelopes, trusted } = loadEnvelopes(this.#context, stored, present);
    for (const signed of trusted) this.#elements.settle(signed, true);
    this.#records.merge(envelopes);
    await this.#verify();
    const delta = this.#records.merge(this.#elements.prove(this.#elements.versions()));
    this.#lacking = [...this.#records.live()].some((envelope) => this.#isLost(envelope.version));
    return delta;
  }

  /** No other write of the batch concerns the same record, if this one decides. */
  #decide(write: RecordWrite): { readonly outcome: RecordOutcome; readonly write: RecordWrite } {
    const outcome = this.#judge(write);
    const { decide } = write;
    if (outcome !== 'written' || decide === undefined) return { outcome, write };
    try {
      const fields = [...write.fields, ...decide(this.#records.of(write.id))];
      checkSize({ fields });
      return { outcome: fields.length > 0 ? 'written' : 'exists', write: { ...write, fields } };
    } catch (error) {
      if (error instanceof MnemeshError) return { outcome: error, write };
      throw error;
    }
  }

  #judge({ id, expects }: RecordWrite): RecordOutcome {
    if (this.#records.isOver(id)) return 'missing';
    if (expects === 'existing') return this.#records.exists(id) ? 'written' : 'missing';
    return this.#records.exists(id) ? 'exists' : 'written';
  }

  /** A local transaction; its own commits need no verification. */
  #edit(append: readonly Uint8Array[], remove: readonly Place[]): SegmentChange | undefined {
    if (append.length === 0 && remove.length === 0) return undefined;
    const change = this.#document.edit(append, remove);
    if (change === undefined) return undefined;
    this.#track(change);
    for (const signed of this.#elements.unverified()) this.#elements.settle(signed, true);
    return change;
  }

  /** @returns versions that may have lost their last copy */
  #track(change: SegmentChange): readonly Version[] {
    for (const { place, element } of change.added) this.#elements.add(place, element);
    return change.removed.flatMap((place) => this.#elements.remove(place));
  }

  #areForgotten(places: readonly Place[]): boolean {
    if (places.length === 0) return false;
    return [...this.#elements.idsAt(places)].some((id) => this.#records.isOver(id));
  }

  /** Deleted without a tombstone or successor: a deletion alone means nothing. */
  #isLost(version: Version): boolean {
    const envelope = this.#records.get(version);
    return envelope !== undefined && !this.#elements.isPresentAs(envelope);
  }

  async #verify(): Promise<void> {
    const verdicts = this.#elements.unverified().map(async (signed) => {
      const key = fromHex(signed.commit.agent);
      const valid = await this.#signatures.verify(key, signed.digest, signed.signature);
      if (!valid) this.#unverified++;
      this.#elements.settle(signed, valid);
    });
    await Promise.all(verdicts);
  }
}

export function isTombstone({ field }: VerifiedEnvelope): boolean {
  return field === TOMBSTONE_FIELD;
}
