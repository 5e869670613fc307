import {
  encodeCommitElement,
  encodeEnvelopeElement,
  fromHex,
  type Guid,
  type MeshId,
  type Namespace,
  type RecordId,
  type Runtime,
  randomFraction,
  type SegmentName,
  type Signatures,
  segmentContext,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  ElementSet,
  emptyState,
  type Place,
  type SegmentChange,
  SegmentDocument,
  stateOf,
  type VerifiedEnvelope,
} from '@mnemesh/segment';
import { freshClientId } from '../identity.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore, StoreBatch, StoredRecord } from '../ports/index.js';
import { SerialQueue } from '../serial-queue.js';
import { authorCommits, type RecordWrite } from './record-write.js';
import type { SegmentLimits } from './segment-limits.js';
import { type RecordDelta, SegmentRecords } from './segment-records.js';
import { loadEnvelope, signedCommitBytes, storeEnvelope } from './stored-envelope.js';

/** Where a segment lies. */
export interface SegmentPlace {
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  readonly guid: Guid;
}

/** What a segment takes from its replica. */
export interface SegmentSurroundings {
  readonly mesh: MeshId;
  readonly runtime: Runtime;
  readonly signatures: Signatures;
  readonly store: ReplicaStore;
  readonly journal: Journal;
  readonly project: (
    place: SegmentPlace & { readonly id: RecordId },
    standing: readonly VerifiedEnvelope[],
  ) => StoredRecord | undefined;
  /** A part of the next batch: marks the document as holding something the relay may lack. */
  readonly markUnacked: (guid: Guid) => Pick<StoreBatch, 'unacked'>;
  /** Nothing is planned any more: it may be unloaded. */
  readonly rested: () => Promise<void>;
  /** Likewise, when the document loses elements that are to be put back, or has them again. */
  readonly markLacking: (guid: Guid, lacking: boolean) => Pick<StoreBatch, 'lacking'>;
  /** Called after each change is saved, in order. */
  readonly changed: (event: SegmentEvent) => void;
  readonly limits: SegmentLimits;
  readonly housekeeping: { readonly sweep: boolean; readonly putBack: boolean };
}

export interface SegmentEvent {
  readonly segment: Segment;
  readonly change: SegmentChange;
  readonly origin: ChangeOrigin;
  readonly records: readonly { readonly id: RecordId; readonly record: StoredRecord | undefined }[];
}

/** Whose doing a change is: this replica's own, or the link it came by. */
export type ChangeOrigin = 'local' | { readonly link: number };

export interface Received {
  /** `gap`: the update does not follow on what is held, and was not taken. */
  readonly outcome: 'taken' | 'gap';
  readonly saved: Promise<void>;
}

export type RecordOutcome = 'written' | 'exists' | 'missing';

export interface SegmentWrite {
  readonly outcomes: readonly RecordOutcome[];
  readonly records: ReadonlyMap<RecordId, StoredRecord | undefined>;
  /** What another end must hold to hold what was written. */
  readonly holds: DocumentState;
  /** What another end must hold to hold what was there already, too. */
  readonly state: DocumentState;
}

/**
 * One loaded segment: its Yjs document, its elements, and the records they prove. Everything that
 * changes it takes its turn; nothing is visible to readers or links before it is saved.
 */
export class Segment {
  readonly place: SegmentPlace;
  readonly #around: SegmentSurroundings;
  readonly #context: Uint8Array;
  readonly #document: SegmentDocument;
  readonly #elements: ElementSet;
  readonly #records: SegmentRecords;
  readonly #turn = new SerialQueue();
  #logged: number;
  #bytes: number;
  #unverified = 0;
  #lacking = false;
  #saving = 0;
  #closing = false;
  #sweep: (() => void) | undefined;
  #emitting: Promise<void> = Promise.resolve();

  private constructor(
    around: SegmentSurroundings,
    place: SegmentPlace,
    records: SegmentRecords,
    stored: { readonly updates: number; readonly bytes: number },
  ) {
    this.#around = around;
    this.place = place;
    this.#context = segmentContext(around.mesh, place.namespace, place.segment);
    this.#document = new SegmentDocument(place.guid, freshClientId(around.runtime));
    this.#elements = new ElementSet(this.#context);
    this.#records = records;
    this.#logged = stored.updates;
    this.#bytes = stored.bytes;
  }

  /** Loads what is stored. Updates that do not follow on what could be read are passed over: `gaps` counts them. */
  static async open(
    around: SegmentSurroundings,
    place: SegmentPlace,
  ): Promise<{ readonly segment: Segment; readonly gaps: number }> {
    const [stored, envelopes] = await Promise.all([
      around.store.document(place.guid),
      around.store.envelopesOf(place.guid),
    ]);
    const context = segmentContext(around.mesh, place.namespace, place.segment);
    const records = new SegmentRecords(
      envelopes.map((envelope) => loadEnvelope(context, envelope)),
    );
    const segment = new Segment(around, place, records, {
      updates: stored?.log.length ?? 0,
      bytes: stored?.bytes ?? 0,
    });
    let gaps = 0;
    if (stored?.snapshot !== undefined) segment.#document.load(stored.snapshot, []);
    for (const { update } of stored?.log ?? []) if (segment.#document.apply(update).gap) gaps++;
    await segment.#index(new Set(envelopes.map(({ commit }) => toHex(commit))));
    return { segment, gaps };
  }

  get state(): DocumentState {
    return this.#document.state;
  }

  get recordCount(): number {
    return this.#records.size;
  }

  /** Bytes stored for this segment, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing is under way or planned: it can be unloaded. */
  get idle(): boolean {
    return this.#turn.idle && this.#saving === 0 && this.#sweep === undefined && !this.#lacking;
  }

  get unverified(): number {
    return this.#unverified + this.#elements.malformed;
  }

  /** Some record here lost its elements without a tombstone or successor; see `putBack`. */
  get lacking(): boolean {
    return this.#lacking;
  }

  /** What this segment holds beyond `known`, as one V1 update. */
  missing(known: DocumentState): Uint8Array | undefined {
    return this.#document.missing(known);
  }

  /**
   * Takes in an update from a link. `also` is committed with it. Resolves when the update is in
   * memory, so that the next frame need not wait for the disk; `saved` follows in order.
   */
  receive(update: Uint8Array, origin: ChangeOrigin, also: StoreBatch = {}): Promise<Received> {
    return this.#turn.run(async () => {
      const applied = this.#document.apply(update);
      if (applied.gap) return { outcome: 'gap', saved: Promise.resolve() };
      const removed: Version[] = [];
      const added: Place[] = [];
      for (const change of applied.changes) {
        removed.push(...this.#track(change));
        added.push(...change.added.map(({ place }) => place));
      }
      await this.#verify();
      const delta = this.#records.merge(this.#elements.prove(this.#elements.versionsAt(added)));
      if (removed.some((version) => this.#isLost(version))) this.#lacking = true;
      if (added.length > 0) this.#planSweep();
      const saved = this.#save(applied.changes, delta, origin, also);
      saved.catch(() => undefined); // the journal keeps the failure; not everybody waits for it
      return { outcome: 'taken', saved };
    });
  }

  /** Signs and appends records' changes; resolves when they, and what they were judged by, are saved. */
  async write(writes: readonly RecordWrite[]): Promise<SegmentWrite> {
    const { done, ...written } = await this.#turn.run(async () => {
      const outcomes = writes.map((write) => this.#judge(write));
      const accepted = writes.filter((_, i) => outcomes[i] === 'written');
      const { runtime, signatures, journal } = this.#around;
      const commits = await authorCommits(accepted, this.#context, runtime, signatures);
      const delta = this.#records.merge(commits.flatMap(({ envelopes }) => envelopes));
      const replaced = this.#elements.placesOf(
        new Set(delta.dropped.map(({ version }) => version)),
      );
      const change = this.#edit(
        commits.flatMap(({ elements }) => elements),
        replaced,
      );
      const records = this.#project(writes.map(({ id }) => id));
      const done =
        change === undefined ? journal.commit({}) : this.#save([change], delta, 'local', {});
      return {
        outcomes,
        records,
        holds: change === undefined ? emptyState : stateOf(change.content),
        state: this.state,
        done,
      };
    });
    await done;
    return written;
  }

  /** Resolves when everything asked of this segment so far had its turn. */
  idleTurn(): Promise<void> {
    return this.#turn.drained();
  }

  /** Deletes what is not needed: replaced, forgotten and duplicate elements. */
  async sweep(): Promise<void> {
    const done = await this.#turn.run(async () => {
      const places = this.#elements.sweepable(
        (version) => this.#records.isLive(version),
        (id) => this.#records.isOver(id),
      );
      return { done: this.#saveEdit(this.#edit([], places)) };
    });
    await done.done;
  }

  /** Appends again what was deleted without a tombstone or successor. To be called after a completed sync. */
  async putBack(): Promise<void> {
    if (!this.#around.housekeeping.putBack) return;
    const done = await this.#turn.run(async () => {
      const elements: Uint8Array[] = [];
      const commits = new Set<string>();
      for (const envelope of this.#records.live()) {
        if (this.#elements.isPresent(envelope.version)) continue;
        const { commit, signature } = envelope.signed;
        const single = commit.versions.length === 1;
        const key = toHex(envelope.signed.digest);
        if (single) elements.push(encodeCommitElement(commit, signature, envelope.bytes));
        else {
          if (!commits.has(key) && !this.#elements.hasCommit(envelope.signed)) {
            elements.push(encodeCommitElement(commit, signature, undefined));
          }
          commits.add(key);
          elements.push(encodeEnvelopeElement(envelope.bytes));
        }
      }
      this.#lacking = false;
      const change = this.#edit(elements, []);
      return { done: change === undefined ? this.#saveMark() : this.#saveEdit(change) };
    });
    await done.done;
  }

  /** Folds the logged updates into a snapshot: first the snapshot is durable, then exactly what it covers is deleted. */
  async compact(): Promise<void> {
    await this.#turn.run(async () => {
      const { journal, store } = this.#around;
      const { guid } = this.place;
      await journal.flushed();
      const stored = await store.document(guid);
      const through = stored?.log.at(-1)?.number;
      if (through === undefined) return;
      await journal.commit({
        snapshots: [{ guid, snapshot: this.#document.encodeSnapshot(), through }],
      });
      await journal.commit({ prune: [{ guid, through }] });
      this.#logged = 0;
    });
  }

  /** Writes the records' views anew, after a change of the namespace's policy. */
  async reproject(): Promise<void> {
    await this.#turn.run(async () => {
      const ids = new Set([...this.#records.live()].map(({ id }) => id));
      await this.#around.journal.commit(recordParts(this.place.namespace, this.#project(ids)));
    });
  }

  /** Something other than elements in the same document: the directory's index of subdocuments. */
  async alter(change: (document: SegmentDocument) => SegmentChange | undefined): Promise<void> {
    const done = await this.#turn.run(async () => ({
      done: this.#saveEdit(change(this.#document)),
    }));
    await done.done;
  }

  /** Waits for what is under way; plans nothing more. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#sweep?.();
    this.#sweep = undefined;
    await this.#turn.drained();
    await this.#emitting;
    this.#document.destroy();
  }

  async #index(trusted: ReadonlySet<string>): Promise<void> {
    for (const { place, element } of this.#document.elements()) this.#elements.add(place, element);
    for (const signed of this.#elements.unverified()) {
      if (trusted.has(toHex(signedCommitBytes(signed)))) this.#elements.settle(signed, true);
    }
    await this.#verify();
    const delta = this.#records.merge(this.#elements.prove(this.#elements.versions()));
    if (delta.ids.size > 0) await this.#save([], delta, 'local', {});
    this.#lacking = [...this.#records.live()].some(({ version }) => this.#isLost(version));
    await this.#saveMark();
    if (this.#elements.size > 0) this.#planSweep();
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

  /** Deleted without a tombstone or successor: a deletion alone means nothing. */
  #isLost(version: Version): boolean {
    return this.#records.isLive(version) && !this.#elements.isPresent(version);
  }

  async #verify(): Promise<void> {
    const { signatures } = this.#around;
    const verdicts = this.#elements.unverified().map(async (signed) => {
      const valid = await signatures.verify(
        fromHex(signed.commit.agent),
        signed.digest,
        signed.signature,
      );
      if (!valid) this.#unverified++;
      this.#elements.settle(signed, valid);
    });
    await Promise.all(verdicts);
  }

  async #saveMark(): Promise<void> {
    const mark = this.#around.markLacking(this.place.guid, this.#lacking);
    if (mark.lacking !== undefined) await this.#around.journal.commit(mark);
  }

  #saveEdit(change: SegmentChange | undefined): Promise<void> | undefined {
    return change === undefined ? undefined : this.#save([change], noDelta, 'local', {});
  }

  /** One atomic batch of document and records; then, in order, the news of it. */
  #save(
    changes: readonly SegmentChange[],
    delta: RecordDelta,
    origin: ChangeOrigin,
    also: StoreBatch,
  ): Promise<void> {
    const { namespace, guid } = this.place;
    if (changes.length === 0 && delta.ids.size === 0 && Object.keys(also).length === 0)
      return Promise.resolve();
    const records = this.#project(delta.ids);
    const updates = changes.map(({ update }) => ({ guid, update }));
    const saved = this.#around.journal.commit({
      documents: [this.place],
      updates,
      removeEnvelopes: delta.dropped.map(({ version }) => ({ guid, version })),
      envelopes: delta.added.map((envelope) => storeEnvelope(namespace, guid, envelope)),
      ...recordParts(namespace, records),
      ...(updates.length > 0 ? this.#around.markUnacked(guid) : {}),
      ...this.#around.markLacking(guid, this.#lacking),
      ...also,
    });
    this.#logged += updates.length;
    for (const { update } of updates) this.#bytes += update.length;
    const news = [...records].map(([id, record]) => ({ id, record }));
    this.#saving++;
    const emitted = saved
      .finally(() => this.#saving--)
      .then(() => {
        changes.forEach((change, i) => {
          this.#around.changed({
            segment: this,
            change,
            origin,
            records: i === changes.length - 1 ? news : [],
          });
        });
      });
    this.#emitting = emitted.catch(() => undefined);
    if (this.#logged >= this.#around.limits.loggedUpdates) this.#planCompaction();
    return emitted;
  }

  #project(ids: Iterable<RecordId>): ReadonlyMap<RecordId, StoredRecord | undefined> {
    const records = new Map<RecordId, StoredRecord | undefined>();
    for (const id of ids)
      records.set(id, this.#around.project({ ...this.place, id }, this.#records.of(id)));
    return records;
  }

  #planSweep(): void {
    if (this.#closing || this.#sweep !== undefined || !this.#around.housekeeping.sweep) return;
    const { runtime } = this.#around;
    const delay = this.#around.limits.sweepDelayMs * (1 + randomFraction(runtime));
    this.#sweep = runtime.after(delay, () => {
      this.#sweep = undefined;
      this.sweep()
        .then(() => this.#around.rested())
        .catch((error) => runtime.log('warn', 'a sweep failed', { error: String(error) }));
    });
  }

  #planCompaction(): void {
    if (this.#closing) return;
    this.#logged = 0;
    this.compact().catch((error) =>
      this.#around.runtime.log('warn', 'a compaction failed', { error: String(error) }),
    );
  }
}

const noDelta: RecordDelta = { ids: new Set(), added: [], dropped: [] };

function recordParts(
  namespace: Namespace,
  records: ReadonlyMap<RecordId, StoredRecord | undefined>,
): Pick<StoreBatch, 'records' | 'removeRecords'> {
  const entries = [...records];
  return {
    removeRecords: entries
      .filter(([, record]) => record === undefined)
      .map(([id]) => ({ namespace, id })),
    records: entries.flatMap(([, record]) => (record === undefined ? [] : [record])),
  };
}
