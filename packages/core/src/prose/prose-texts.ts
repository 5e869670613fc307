import {
  type Guid,
  homeSegment,
  proseRecord,
  proseSegment,
  type RecordId,
  type Runtime,
  recordId,
} from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { ChangeOrigin } from '../documents/segment-surroundings.js';
import type { Segments } from '../documents/segments.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore, StoredRecord } from '../ports/index.js';
import { derivedFrom, type StoredView } from '../records/projection.js';
import { SerialQueue } from '../serial-queue.js';
import { Timers } from '../timers.js';
import { proseDefinition } from './prose-document.js';
import type { ProseLimits } from './prose-limits.js';
import { proseTextDefinition } from './prose-text-definition.js';
import { textId } from './text-id.js';

/** A record of the store that says of one text that recall has not read it since it changed. */
const BEHIND = 'prose-behind';
/** Marks that one opening reads: more documents than that were not being typed into when it ended. */
const MARKS = 100_000;

/** Called when the text of a document was read anew, soon after it changed. */
export type TextListener = (place: SegmentPlace, origin: 'local' | 'remote') => void;

interface Behind {
  readonly place: SegmentPlace;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Whose change of the text it was; undefined where only its record changed. */
  readonly origin: 'local' | 'remote' | undefined;
}

/** What stands beside a view of a text for its own use. */
type Kept = {
  /** Milliseconds since the epoch: when this replica last took in a change of the text. */
  readonly editedAt: number;
};

export interface TextsSurroundings {
  readonly runtime: Runtime;
  readonly store: ReplicaStore;
  readonly segments: Segments;
  readonly journal: Journal;
  readonly limits: ProseLimits;
  /** Texts that recall reads were stored. */
  readonly stored: () => void;
}

/**
 * Keeps the plain text of every prose document among the records of this replica's store, where recall finds it. Nothing of
 * it is signed or sent: it follows from the document and its record, so replicas that hold the same keep the same. It is
 * written a moment after a change; that it is behind is stored with the change itself, so a crash forgets nothing.
 */
export class ProseTexts {
  readonly #around: TextsSurroundings;
  readonly #behind = new Map<Guid, Behind>();
  readonly #listeners = new Set<TextListener>();
  readonly #timers: Timers;
  readonly #turn = new SerialQueue();
  #closed = false;

  constructor(around: TextsSurroundings) {
    this.#around = around;
    this.#timers = new Timers(around.runtime);
  }

  /** What an earlier opening left behind. */
  async open(): Promise<void> {
    const { store, segments } = this.#around;
    const marks = await store.query({ collection: BEHIND, archived: 'any', limit: MARKS });
    for (const { namespace, id, created } of marks) {
      const place = segments.place(namespace, homeSegment(id));
      this.#behind.set(place.guid, { place, since: created / 2048, origin: undefined });
      this.#plan(place);
    }
  }

  /** What is to be stored with a change of a segment, where it concerns texts that are not marked yet. */
  mark(
    place: SegmentPlace,
    records: ReadonlyMap<RecordId, StoredRecord | undefined>,
    origin: ChangeOrigin,
  ): readonly StoredRecord[] {
    if (proseRecord(place.segment) !== undefined)
      return this.#mark(place, place.guid, origin === 'local' ? 'local' : 'remote');
    return [...records].flatMap(([id, record]) => {
      if (record !== undefined && record.collection !== proseDefinition.name) return [];
      const text = this.#placeOf(place, id);
      if (text === undefined || !this.#around.segments.has(text.guid)) return [];
      return this.#mark(text, place.guid, undefined);
    });
  }

  /** Returns a function that ends it. */
  onText(listener: TextListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** When this replica last took in a change of a text. */
  async editedAt(place: SegmentPlace): Promise<number | undefined> {
    const behind = this.#behind.get(place.guid);
    if (behind !== undefined) return behind.since;
    const stored = await this.#around.store.record(place.namespace, textId(place));
    return stored === undefined ? undefined : viewOf(stored).kept.editedAt;
  }

  /** Reads what has changed, as far as one question may wait for it. What cannot be read stays as it was. */
  async settle(): Promise<void> {
    const places = [...this.#behind.values()].slice(0, this.#around.limits.textsAtOnce);
    await Promise.allSettled(places.map(({ place }) => this.#project(place)));
  }

  /** Waits for what is being written; the rest is marked. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.end();
    this.#listeners.clear();
    await this.#turn.drained();
  }

  #placeOf({ namespace }: SegmentPlace, id: RecordId): SegmentPlace | undefined {
    const segment = proseSegment(id);
    return segment && this.#around.segments.place(namespace, segment);
  }

  /** @param guid of the document that the mark is stored with */
  #mark(place: SegmentPlace, guid: Guid, origin: Behind['origin']): readonly StoredRecord[] {
    const known = this.#behind.get(place.guid);
    const since = known?.since ?? this.#around.runtime.now();
    this.#behind.set(place.guid, { place, since, origin: origin ?? known?.origin });
    if (known !== undefined) return [];
    this.#plan(place);
    return [
      {
        namespace: place.namespace,
        id: markId(place),
        guid,
        collection: BEHIND,
        created: Math.floor(since) * 2048,
        updated: Math.floor(since) * 2048,
        archived: false,
        conflicted: false,
        state: undefined,
        ref: undefined,
        thread: undefined,
        position: undefined,
        text: '',
        view: '{}',
      },
    ];
  }

  #plan(place: SegmentPlace): void {
    const { limits, runtime } = this.#around;
    this.#timers.after(limits.textDelayMs, () => {
      this.#project(place).catch((error) =>
        runtime.log('warn', 'reading a prose document for recall failed', { error: String(error) }),
      );
    });
  }

  /** One at a time: reading a long document anew holds up everything else a little. */
  #project(place: SegmentPlace): Promise<void> {
    return this.#turn.run(async () => {
      const behind = this.#behind.get(place.guid);
      if (behind === undefined || this.#closed || this.#around.journal.failure !== undefined)
        return;
      // Before it is read: what changes meanwhile makes it behind again.
      this.#behind.delete(place.guid);
      try {
        if (!(await this.#read(behind)) || behind.origin === undefined) return;
      } catch (error) {
        this.#putBack(behind);
        throw error;
      }
      for (const listener of [...this.#listeners]) listener(place, behind.origin);
    });
  }

  /** @returns false for a text that is over */
  async #read({ place, since }: Behind): Promise<boolean> {
    const { segments, journal } = this.#around;
    if (segments.isOver(place) || !segments.has(place.guid)) {
      await journal.commit({
        removeRecords: [{ namespace: place.namespace, id: markId(place) }],
      });
      return false;
    }
    // A change of its record was taken for told by the entry that is gone now.
    await journal.flushed();
    await segments.use(place, (segment) =>
      segment.between(() => this.#write(place, segment.text, since)),
    );
    return true;
  }

  /** It could not be read. */
  #putBack(behind: Behind): void {
    const { guid } = behind.place;
    if (this.#closed || this.#behind.has(guid)) return;
    this.#behind.set(guid, behind);
    this.#plan(behind.place);
  }

  async #write(place: SegmentPlace, text: string, since: number): Promise<void> {
    const { store, journal, stored } = this.#around;
    const { namespace } = place;
    const [record, known] = await Promise.all([
      store.record(namespace, proseRecord(place.segment) as RecordId),
      store.record(namespace, textId(place)),
    ]);
    const fresh = record && textRecord(place, record, text, known, since);
    const gone = fresh === undefined ? [textId(place)] : [];
    // Changed again meanwhile: the mark was stored again, perhaps, and must stay.
    const marks = this.#behind.has(place.guid) ? [] : [markId(place)];
    await journal.commit({
      deferred: true,
      removeRecords: [...gone, ...marks].map((id) => ({ namespace, id })),
      records: fresh === undefined ? [] : [fresh],
    });
    stored();
  }
}

/** As recall reads a document: found by title and text, hidden and dated as its record. */
function textRecord(
  { namespace, guid, segment }: SegmentPlace,
  { created, updated, archived, view }: StoredRecord,
  text: string,
  known: StoredRecord | undefined,
  since: number,
): StoredRecord {
  const {
    fields,
    shown: _,
    conflicts: __,
    references: ___,
    ...rest
  } = JSON.parse(view) as StoredView;
  const shownFields = { title: fields.title ?? '', text };
  const derived = derivedFrom(proseTextDefinition, shownFields);
  const searched = derived.text.slice(String(shownFields.title).length + 1);
  const isSame = known !== undefined && viewOf(known).fields.text === searched;
  const kept: Kept = isSame ? viewOf(known).kept : { editedAt: since };
  const stored: StoredView = {
    ...rest,
    fields: { title: shownFields.title, text: searched },
    conflicts: [],
    shown: {},
    kept,
  };
  return {
    namespace,
    id: textId({ segment }),
    guid,
    collection: proseTextDefinition.name,
    created,
    updated,
    archived,
    conflicted: false,
    state: undefined,
    ref: undefined,
    ...derived,
    view: JSON.stringify(stored),
  };
}

function viewOf({ view }: StoredRecord): StoredView & { readonly kept: Kept } {
  return JSON.parse(view) as StoredView & { readonly kept: Kept };
}

function markId({ segment }: SegmentPlace): RecordId {
  return recordId(segment, 'behind');
}
