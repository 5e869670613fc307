import type { RecordId } from '@mnemesh/protocol';
import type { StoreBatch, StoredDocument, StoredRecord } from '../ports/index.js';
import { referencesOf } from '../records/references.js';
import type { ContentChange, DocumentContent } from './segment-content.js';
import type { SegmentPlace } from './segment-place.js';
import type { ChangeOrigin, SegmentEvent, SegmentSurroundings } from './segment-surroundings.js';
import { storeEnvelopes } from './stored-envelope.js';

/** What a segment's saves tell it. */
export interface SavesOwner {
  /** A change is saved; called in the order of the saves. */
  saved(origin: ChangeOrigin, records: SegmentEvent['records']): void;
  /** So many updates are logged that they should be folded. */
  full(): void;
}

/** Writes what changed in one segment to the store: each change with its records, in one batch. */
export class SegmentSaves {
  readonly #around: SegmentSurroundings;
  readonly #place: SegmentPlace;
  readonly #content: DocumentContent;
  readonly #owner: SavesOwner;
  #logged: number;
  #bytes: number;
  #saving = 0;
  #told: Promise<void> = Promise.resolve();

  constructor(
    around: SegmentSurroundings,
    place: SegmentPlace,
    content: DocumentContent,
    stored: StoredDocument | undefined,
    owner: SavesOwner,
  ) {
    this.#around = around;
    this.#place = place;
    this.#content = content;
    this.#owner = owner;
    this.#logged = stored?.log.length ?? 0;
    this.#bytes = stored?.bytes ?? 0;
  }

  /** Bytes stored for this segment, about. */
  get bytes(): number {
    return this.#bytes;
  }

  get idle(): boolean {
    return this.#saving === 0;
  }

  /** Resolves when the news of everything saved so far was told. */
  async told(): Promise<void> {
    await this.#told;
  }

  /** The logged updates are about to be folded: counting starts again. */
  folding(): void {
    this.#logged = 0;
  }

  /** They are folded. @param bytes of the snapshot, which is now all that is stored */
  folded(bytes: number): void {
    this.#logged = 0;
    this.#bytes = bytes;
  }

  /** One atomic batch of document and records; then, in order, the news of it. */
  save(
    { change, delta, forgot }: ContentChange,
    origin: ChangeOrigin,
    also: StoreBatch = {},
  ): Promise<void> {
    const { namespace, guid } = this.#place;
    if (change === undefined && delta.ids.size === 0) return Promise.resolve();
    const records = this.project(delta.ids);
    const saved = this.#around.journal.commit({
      documents: [this.#place],
      ...(change === undefined ? {} : { updates: [{ guid, update: change.update }] }),
      removeEnvelopes: delta.dropped.map(({ version }) => ({ guid, version })),
      envelopes: storeEnvelopes(namespace, guid, delta.added),
      ...this.#recordParts(records, change === undefined ? undefined : origin),
      ...this.#around.markProjected(namespace),
      ...(change === undefined ? {} : this.#around.markUnacked(guid)),
      ...this.#around.markLacking(guid, this.#content.lacking),
      ...(forgot ? this.#around.markUnscrubbed(guid, origin) : {}),
      ...also,
    });
    if (change !== undefined) {
      this.#logged++;
      this.#bytes += change.update.length;
    }
    const news = [...records].map(([id, record]) => ({ id, record }));
    this.#saving++;
    const told = saved
      .finally(() => this.#saving--)
      .then(() => {
        if (change !== undefined) this.#owner.saved(origin, news);
      });
    this.#told = told.catch(() => undefined);
    if (this.#logged >= this.#around.limits.loggedUpdates) this.#owner.full();
    return told;
  }

  /** Writes whether elements of this segment are to be put back, when that changed. */
  async saveMark(): Promise<void> {
    const mark = this.#around.markLacking(this.#place.guid, this.#content.lacking);
    if (mark.lacking !== undefined) await this.#around.journal.commit(mark);
  }

  /** Writes these records' views as today's rules show them. */
  async saveViews(ids: Iterable<RecordId>): Promise<void> {
    await this.#around.journal.commit(this.#recordParts(this.project(ids), 'local'));
  }

  /** Resolves when what came before, by whatever link, is as durable as `also` asks for. */
  flushed({ deferred = false }: StoreBatch = {}): Promise<void> {
    return deferred ? Promise.resolve() : this.#around.journal.commit({});
  }

  project(ids: Iterable<RecordId>): ReadonlyMap<RecordId, StoredRecord | undefined> {
    const records = new Map<RecordId, StoredRecord | undefined>();
    for (const id of ids)
      records.set(id, this.#around.project({ ...this.#place, id }, this.#content.standing(id)));
    return records;
  }

  #recordParts(
    records: ReadonlyMap<RecordId, StoredRecord | undefined>,
    changedBy: ChangeOrigin | undefined,
  ): Pick<StoreBatch, 'records' | 'removeRecords' | 'references'> {
    const { namespace, guid } = this.#place;
    const entries = [...records];
    return {
      removeRecords: entries
        .filter(([, record]) => record === undefined)
        .map(([id]) => ({ namespace, id })),
      records: [
        ...entries.flatMap(([, record]) => (record === undefined ? [] : [record])),
        ...(changedBy === undefined
          ? []
          : this.#around.markBehind(this.#place, records, changedBy)),
      ],
      references: entries.flatMap(([id, record]) => {
        const references = referencesOf(record, this.#content.standing(id));
        return references.length === 0 ? [] : [{ guid, namespace, id, references }];
      }),
    };
  }
}
