import {
  type Clock,
  MnemeshError,
  proseRecord,
  type RecordId,
  randomFraction,
  type SessionId,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  emptyState,
  type SegmentChange,
  type SegmentDocument,
  type VerifiedEnvelope,
} from '@mnemesh/segment';
import type { StoreBatch, StoredDocument, StoredRecord } from '../ports/index.js';
import { SerialQueue } from '../serial-queue.js';
import { ProseContent } from './prose-content.js';
import type { RecordWrite } from './record-write.js';
import {
  type ContentChange,
  type DocumentContent,
  isTombstone,
  type RecordOutcome,
  SegmentContent,
} from './segment-content.js';
import type { SegmentPlace } from './segment-place.js';
import type { RecordDelta } from './segment-records.js';
import { SegmentSaves } from './segment-saves.js';
import type { ChangeOrigin, SegmentSurroundings } from './segment-surroundings.js';

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
  readonly #content: DocumentContent;
  readonly #turn = new SerialQueue();
  readonly #saves: SegmentSaves;
  #closing = false;
  #over = false;
  #sweep: (() => void) | undefined;

  private constructor(
    around: SegmentSurroundings,
    place: SegmentPlace,
    content: DocumentContent,
    stored: StoredDocument | undefined,
  ) {
    this.#around = around;
    this.place = place;
    this.#content = content;
    this.#saves = new SegmentSaves(around, place, content, stored, {
      saved: (origin, records) => around.changed({ segment: this, origin, records }),
      full: () => this.#planCompaction(),
    });
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
    const { content, gaps, delta } =
      proseRecord(place.segment) === undefined
        ? await SegmentContent.load(around, place, stored, envelopes)
        : await ProseContent.load(around, place, stored);
    const segment = new Segment(around, place, content, stored);
    if (delta.ids.size > 0) {
      const forgot = delta.added.some(isTombstone);
      await segment.#saves.save({ change: undefined, delta, forgot }, 'local');
    }
    await segment.#saves.saveMark();
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
    return this.#saves.bytes;
  }

  /** Nothing is under way or planned: it can be unloaded. */
  get idle(): boolean {
    return this.#turn.idle && this.#saves.idle && this.#sweep === undefined && !this.lacking;
  }

  get unverified(): number {
    return this.#content.unverified;
  }

  /** Some record here lost its elements without a tombstone or successor; see `putBack`. */
  get lacking(): boolean {
    return this.#content.lacking;
  }

  /** Of a prose document: its text, without formatting. */
  get text(): string {
    return this.#content.text;
  }

  /**
   * The highest clock at which a session wrote this record, by what stands and what that replaced, once that is saved.
   * @throws MnemeshError `store_failed`
   */
  lastWrite(session: SessionId, id: RecordId): Promise<Clock | undefined> {
    return this.#turn.run(async () => {
      const clocks = this.#content.standing(id).flatMap((envelope) => {
        const replaced = envelope.context.get(session);
        const own = envelope.session === session ? [envelope.clock] : [];
        return replaced === undefined ? own : [...own, replaced];
      });
      if (clocks.length === 0) return undefined;
      // Memory is ahead of the disk, and stays so if that fails.
      await this.#saves.flushed();
      return Math.max(...clocks);
    });
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
      const saved = isNew ? this.#saves.save(taken, origin, also) : this.#saves.flushed(also);
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
      const records = this.#saves.project(writes.map(({ id }) => id));
      const holds = change?.holds ?? emptyState;
      const done = change === undefined ? this.#saves.flushed() : this.#saves.save(made, 'local');
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
    await this.#saves.saveMark();
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
      const snapshot = this.#content.snapshot();
      await journal.commit({ snapshots: [{ guid, snapshot, through }] });
      await journal.commit({ prune: [{ guid, through }] });
      this.#saves.folded(snapshot.length);
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
      if (!this.#over) await this.#saves.saveViews(this.#content.ids());
    });
  }

  /** Runs this while nothing changes the segment; `text` and `state` stay as they are meanwhile. */
  between<T>(run: () => Promise<T>): Promise<T> {
    return this.#turn.run(run);
  }

  /** Waits for what is under way; plans nothing more. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#sweep?.();
    this.#sweep = undefined;
    await this.#turn.drained();
    await this.#saves.told();
    this.#content.destroy();
  }

  /** A change of this replica's own that proves nothing new. */
  async #change(change: () => Omit<ContentChange, 'delta'>): Promise<void> {
    const { done } = await this.#turn.run(async () => {
      if (this.#over) return { done: undefined };
      const made = { ...change(), delta: noDelta };
      return { done: made.change === undefined ? undefined : this.#saves.save(made, 'local') };
    });
    await done;
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
    this.#saves.folding();
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
