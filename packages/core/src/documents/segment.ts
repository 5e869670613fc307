import {
  type Clock,
  type Guid,
  type MeshId,
  MnemeshError,
  type Namespace,
  type RecordId,
  type Runtime,
  randomFraction,
  type SessionId,
  type Signatures,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  emptyState,
  type SegmentChange,
  type SegmentDocument,
  type VerifiedEnvelope,
} from '@mnemesh/segment';
import type { Journal } from '../journal.js';
import type { ReplicaStore, StoreBatch, StoredDocument, StoredRecord } from '../ports/index.js';
import { referencesOf } from '../records/references.js';
import { SerialQueue } from '../serial-queue.js';
import type { RecordWrite } from './record-write.js';
import {
  type ContentChange,
  isTombstone,
  type RecordOutcome,
  SegmentContent,
} from './segment-content.js';
import type { SegmentLimits } from './segment-limits.js';
import type { SegmentPlace } from './segment-place.js';
import type { RecordDelta } from './segment-records.js';
import { storeEnvelopes } from './stored-envelope.js';

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
  /** Likewise, when what is stored may hold bytes of forgotten records. */
  readonly markUnscrubbed: (guid: Guid, origin: ChangeOrigin) => Pick<StoreBatch, 'unscrubbed'>;
  /** Likewise: its namespace's records are as today's rules say, when nothing of it was stored before. */
  readonly markProjected: (namespace: Namespace) => Pick<StoreBatch, 'projected'>;
  /** Called after each change is saved, in order. */
  readonly changed: (event: SegmentEvent) => void;
  readonly limits: SegmentLimits;
  /** False only in tests that show what sweeping is good for. */
  readonly sweeps: boolean;
}

export interface SegmentEvent {
  readonly segment: Segment;
  readonly origin: ChangeOrigin;
  readonly records: readonly { readonly id: RecordId; readonly record: StoredRecord | undefined }[];
}

/** Whose doing a change is: this replica's own, or the link it came by. */
export type ChangeOrigin = 'local' | { readonly link: number };

export interface Received {
  /** What each update brings or repeats; undefined where it does not follow on what is held, and was not taken. */
  readonly states: readonly (DocumentState | undefined)[];
  readonly saved: Promise<void>;
}

export interface SegmentWrite {
  readonly outcomes: readonly RecordOutcome[];
  readonly records: ReadonlyMap<RecordId, StoredRecord | undefined>;
  /** What another end must hold to hold what was written. */
  readonly holds: DocumentState;
  /** What another end must hold to hold what was there already, too. */
  readonly state: DocumentState;
}

/**
 * One loaded segment of this replica. Everything that changes it takes its turn, and nothing is
 * told to readers or links before it is saved.
 */
export class Segment {
  readonly place: SegmentPlace;
  readonly #around: SegmentSurroundings;
  readonly #content: SegmentContent;
  readonly #turn = new SerialQueue();
  #logged: number;
  #bytes: number;
  #saving = 0;
  #closing = false;
  #over = false;
  #sweep: (() => void) | undefined;
  #emitting: Promise<void> = Promise.resolve();

  private constructor(
    around: SegmentSurroundings,
    place: SegmentPlace,
    content: SegmentContent,
    stored: StoredDocument | undefined,
  ) {
    this.#around = around;
    this.place = place;
    this.#content = content;
    this.#logged = stored?.log.length ?? 0;
    this.#bytes = stored?.bytes ?? 0;
  }

  /** Loads what is stored. `gaps` counts updates that have a hole before them, which only a peer can fill. */
  static async open(
    around: SegmentSurroundings,
    place: SegmentPlace,
  ): Promise<{ readonly segment: Segment; readonly gaps: number }> {
    const [stored, envelopes] = await Promise.all([
      around.store.document(place.guid),
      around.store.envelopesOf(place.guid),
    ]);
    const { content, gaps, delta } = await SegmentContent.load(around, place, stored, envelopes);
    const segment = new Segment(around, place, content, stored);
    if (delta.ids.size > 0) {
      const forgot = delta.added.some(isTombstone);
      await segment.#save({ change: undefined, delta, forgot }, 'local', {});
    }
    await segment.#saveMark();
    if (content.elementCount > 0) segment.#planSweep();
    return { segment, gaps };
  }

  get state(): DocumentState {
    return this.#content.state;
  }

  get recordCount(): number {
    return this.#content.recordCount;
  }

  /** Bytes stored for this segment, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing is under way or planned: it can be unloaded. */
  get idle(): boolean {
    return this.#turn.idle && this.#saving === 0 && this.#sweep === undefined && !this.lacking;
  }

  get unverified(): number {
    return this.#content.unverified;
  }

  /** Some record here lost its elements without a tombstone or successor; see `putBack`. */
  get lacking(): boolean {
    return this.#content.lacking;
  }

  /** The highest clock at which a session wrote this record, by what stands and what that replaced. */
  lastWrite(session: SessionId, id: RecordId): Clock | undefined {
    const clocks = this.#content.standing(id).flatMap((envelope) => {
      const replaced = envelope.context.get(session);
      const own = envelope.session === session ? [envelope.clock] : [];
      return replaced === undefined ? own : [...own, replaced];
    });
    return clocks.length === 0 ? undefined : Math.max(...clocks);
  }

  /** What this segment holds beyond `known`, as one V1 update. */
  missing(known: DocumentState): Uint8Array | undefined {
    return this.#content.missing(known);
  }

  /**
   * Takes in updates from a link, in their order. `also` is committed with them. Resolves when they
   * are in memory, so that the next frames need not wait for the disk; `saved` follows in order.
   */
  receive(
    updates: readonly Uint8Array[],
    origin: ChangeOrigin,
    also: StoreBatch = {},
  ): Promise<Received> {
    return this.#turn.run(async () => {
      if (this.#over) return { states: updates.map(() => emptyState), saved: Promise.resolve() };
      const taken = await this.#content.take(updates);
      const { change, delta, states } = taken;
      if (change !== undefined && change.added.length > 0) this.#planSweep();
      const isNew = change !== undefined || delta.ids.size > 0;
      const saved = isNew ? this.#save(taken, origin, also) : this.#flushed(also);
      saved.catch(() => undefined); // the journal keeps the failure; not everybody waits for it
      return { states, saved };
    });
  }

  /** Signs and appends records' changes; resolves when they, and what they were judged by, are saved. */
  async write(writes: readonly RecordWrite[]): Promise<SegmentWrite> {
    const { done, ...written } = await this.#turn.run(async () => {
      if (this.#over) throw segmentOver(this.place);
      const made = await this.#content.write(writes);
      const { outcomes, change } = made;
      const records = this.#project(writes.map(({ id }) => id));
      const holds = change?.holds ?? emptyState;
      const done =
        change === undefined ? this.#around.journal.commit({}) : this.#save(made, 'local', {});
      return { outcomes, records, holds, state: this.state, done };
    });
    await done;
    return written;
  }

  /** Resolves when everything asked of this segment so far had its turn. */
  idleTurn(): Promise<void> {
    return this.#turn.drained();
  }

  /** Deletes what is not needed: replaced, forgotten and duplicate elements. */
  sweep(): Promise<void> {
    return this.#change(() => this.#content.sweep());
  }

  /** Appends again what was deleted without a tombstone or successor. To be called after a completed sync. */
  async putBack(): Promise<void> {
    await this.#change(() => unforgotten(this.#content.putBack()));
    await this.#saveMark();
  }

  /** Something other than elements in the same document: the directory's index of subdocuments. */
  alter(change: (document: SegmentDocument) => SegmentChange | undefined): Promise<void> {
    return this.#change(() => unforgotten(this.#content.alter(change)));
  }

  /** Folds the logged updates into a snapshot: first the snapshot is durable, then exactly what it covers is deleted. */
  async compact(): Promise<void> {
    await this.#turn.run(async () => {
      const { journal, store } = this.#around;
      const { guid } = this.place;
      if (this.#over) return;
      await journal.flushed();
      const stored = await store.document(guid);
      const through = stored?.log.at(-1)?.number;
      if (through === undefined) return;
      await journal.commit({
        snapshots: [{ guid, snapshot: this.#content.snapshot(), through }],
      });
      await journal.commit({ prune: [{ guid, through }] });
      this.#logged = 0;
    });
  }

  /**
   * Takes what is forgotten, and swept, out of all that is stored of this segment: folds the log, and
   * deletes rows that a crash left behind an earlier fold. What the deletions free on the disk is another
   * step; see `ReplicaStore.erase`.
   * @returns the tombstones it obeyed
   */
  async scrub(): Promise<readonly VerifiedEnvelope[]> {
    const obeyed = await this.#turn.run(async () => [...this.#content.tombstones()]);
    await this.compact();
    const { journal, store } = this.#around;
    const { guid } = this.place;
    const through = (await store.document(guid))?.snapshotThrough ?? 0;
    if (through > 0) await journal.commit({ prune: [{ guid, through }] });
    return obeyed;
  }

  /** Takes nothing more. @returns all that stands in it, once what was under way is saved */
  async end(): Promise<readonly VerifiedEnvelope[]> {
    const live = await this.#turn.run(async () => {
      this.#over = true;
      return this.#content.live();
    });
    await this.#around.journal.flushed();
    return live;
  }

  /** Writes the records' views anew, after a change of the namespace's policy. */
  async reproject(): Promise<void> {
    await this.#turn.run(async () => {
      if (this.#over) return;
      const records = this.#project(this.#content.ids());
      await this.#around.journal.commit(this.#recordParts(records));
    });
  }

  /** Waits for what is under way; plans nothing more. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#sweep?.();
    this.#sweep = undefined;
    await this.#turn.drained();
    await this.#emitting;
    this.#content.destroy();
  }

  /** A change of this replica's own that proves nothing new. */
  async #change(change: () => Omit<ContentChange, 'delta'>): Promise<void> {
    const { done } = await this.#turn.run(async () => {
      if (this.#over) return { done: undefined };
      const made = { ...change(), delta: noDelta };
      return { done: made.change === undefined ? undefined : this.#save(made, 'local', {}) };
    });
    await done;
  }

  async #saveMark(): Promise<void> {
    const mark = this.#around.markLacking(this.place.guid, this.lacking);
    if (mark.lacking !== undefined) await this.#around.journal.commit(mark);
  }

  /** Resolves when what came before, by whatever link, is as durable as `also` asks for. */
  async #flushed({ deferred = false }: StoreBatch): Promise<void> {
    if (!deferred) await this.#around.journal.commit({});
  }

  /** One atomic batch of document and records; then, in order, the news of it. */
  #save(
    { change, delta, forgot }: ContentChange,
    origin: ChangeOrigin,
    also: StoreBatch,
  ): Promise<void> {
    const { namespace, guid } = this.place;
    if (change === undefined && delta.ids.size === 0) return Promise.resolve();
    const records = this.#project(delta.ids);
    const saved = this.#around.journal.commit({
      documents: [this.place],
      ...(change === undefined ? {} : { updates: [{ guid, update: change.update }] }),
      removeEnvelopes: delta.dropped.map(({ version }) => ({ guid, version })),
      envelopes: storeEnvelopes(namespace, guid, delta.added),
      ...this.#recordParts(records),
      ...this.#around.markProjected(namespace),
      ...(change === undefined ? {} : this.#around.markUnacked(guid)),
      ...this.#around.markLacking(guid, this.lacking),
      ...(forgot ? this.#around.markUnscrubbed(guid, origin) : {}),
      ...also,
    });
    if (change !== undefined) {
      this.#logged++;
      this.#bytes += change.update.length;
    }
    const news = [...records].map(([id, record]) => ({ id, record }));
    this.#saving++;
    const emitted = saved
      .finally(() => this.#saving--)
      .then(() => {
        if (change !== undefined) this.#around.changed({ segment: this, origin, records: news });
      });
    this.#emitting = emitted.catch(() => undefined);
    if (this.#logged >= this.#around.limits.loggedUpdates) this.#planCompaction();
    return emitted;
  }

  #project(ids: Iterable<RecordId>): ReadonlyMap<RecordId, StoredRecord | undefined> {
    const records = new Map<RecordId, StoredRecord | undefined>();
    for (const id of ids)
      records.set(id, this.#around.project({ ...this.place, id }, this.#content.standing(id)));
    return records;
  }

  #recordParts(
    records: ReadonlyMap<RecordId, StoredRecord | undefined>,
  ): Pick<StoreBatch, 'records' | 'removeRecords' | 'references'> {
    const { namespace, guid } = this.place;
    const entries = [...records];
    return {
      removeRecords: entries
        .filter(([, record]) => record === undefined)
        .map(([id]) => ({ namespace, id })),
      records: entries.flatMap(([, record]) => (record === undefined ? [] : [record])),
      references: entries.flatMap(([id, record]) => {
        const references = referencesOf(record, this.#content.standing(id));
        return references.length === 0 ? [] : [{ guid, namespace, id, references }];
      }),
    };
  }

  #planSweep(): void {
    if (this.#closing || this.#sweep !== undefined || !this.#around.sweeps) return;
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

/** A write into a segment that was ended meanwhile. */
export function segmentOver({ namespace, segment }: Omit<SegmentPlace, 'guid'>): MnemeshError {
  return new MnemeshError(
    'not_found',
    `Segment ${segment} of ${namespace} is over: what was in it has been purged. Create the record anew.`,
  );
}

const noDelta: RecordDelta = { ids: new Set(), added: [], dropped: [] };

function unforgotten(change: SegmentChange | undefined): Omit<ContentChange, 'delta'> {
  return { change, forgot: false };
}
