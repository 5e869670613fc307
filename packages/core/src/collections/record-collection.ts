import {
  BASE_FIELD,
  type Context,
  homeSegment,
  MnemeshError,
  type Namespace,
  parseNamespace,
  parseRecordId,
  type RecordId,
  recordId,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import { encodeUtf8 } from 'lib0/string';
import { parseOpenNamespace } from '../documents/directory.js';
import type { FieldWrite, RecordWrite } from '../documents/record-write.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { ForgetStatus } from '../forgetting/forget-status.js';
import { lastClockAt } from '../hybrid-clock.js';
import type { RecordQuery, StoredRecord } from '../ports/index.js';
import { canonicalJson } from '../records/canonical-json.js';
import { ARCHIVED_FIELD } from '../records/projection.js';
import { showRecord, viewOf } from '../records/shown.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import { Write, type WriteStages, type Written } from '../write.js';
import { baseData } from './base-input.js';
import type {
  Collection,
  CollectionChange,
  CreateOptions,
  Json,
  ListQuery,
  RecordView,
} from './collection.js';
import { parseLimit } from './page-limit.js';
import { patchValues } from './patch-values.js';
import type { CollectionDefinition } from './schema.js';

/** Whether a session gets a record back that it asked for, or that it wrote itself just now. */
export type Shown = 'read' | 'wrote';

/** What a call says of the record that it makes, beside its input. */
export interface NewRecord extends CreateOptions {
  /** An id that follows from where the record was imported from. */
  readonly derived?: RecordId;
  readonly context?: Context;
  readonly fields?: readonly FieldWrite[];
}

/** Records of one definition in one namespace, as one session sees and writes them. */
export class RecordCollection<View extends RecordView, Input extends object, Patch extends object>
  implements Collection<View, Input, Patch>
{
  readonly namespace: Namespace;
  protected readonly replica: Replica;
  protected readonly session: Session;
  readonly #definition: CollectionDefinition;

  constructor(
    replica: Replica,
    session: Session,
    definition: CollectionDefinition,
    namespace: string = definition.namespace,
  ) {
    this.namespace = parseNamespace(namespace);
    this.replica = replica;
    this.session = session;
    this.#definition = definition;
  }

  in(namespace: string): RecordCollection<View, Input, Patch> {
    const own = parseOpenNamespace(namespace);
    return new RecordCollection(this.replica, this.session, this.#definition, own);
  }

  create(input: Input, options?: CreateOptions): Write<View> {
    return this.attempt(() => this.add(input, options));
  }

  /** A fresh record, with more fields in the same commit. */
  protected add(
    input: object,
    { id, derived, context = new Map(), fields = [] }: NewRecord = {},
  ): Promise<Written<View>> {
    const written = [{ ...this.#base(input), context }, ...fields];
    const at =
      derived !== undefined
        ? this.replica.ends.raised(this.namespace, parseRecordId(derived))
        : id === undefined
          ? this.#freshId(written.reduce((bytes, { data }) => bytes + data.length, 0))
          : this.replica.ends.raised(this.namespace, this.#ownId(id));
    return this.writeRecord(at, written, 'new');
  }

  async newId(): Promise<RecordId> {
    this.replica.refuseWhenClosed();
    return this.#freshId();
  }

  #freshId(bytes = 0): RecordId {
    const { segment } = this.replica.segments.currentFor(this.namespace, bytes);
    return recordId(segment, this.replica.freshLocalId());
  }

  /** Fresh records go to numbered segments, of which at most one is new: an id made up could name any. It may be over by now. */
  #ownId(id: RecordId): RecordId {
    const segment = homeSegment(parseRecordId(id));
    const newest = Number(this.replica.segments.current(this.namespace).segment);
    if (/^[1-9][0-9]{0,8}$/.test(segment) && Number(segment) <= newest) return id;
    throw new MnemeshError('bad_input', `"${id}" was not given out here. Take one from newId().`);
  }

  /** Creates a record under a derived id; one that exists is left as it is. */
  import({ id, input }: { readonly id: RecordId; readonly input: object }): Write<View> {
    return this.attempt(() => this.add(input, { derived: id }));
  }

  async get(id: RecordId): Promise<View | undefined> {
    this.replica.refuseWhenClosed();
    const { segments, store } = this.replica;
    const record = await store.record(this.namespace, parseRecordId(id));
    const place = segments.place(this.namespace, homeSegment(id));
    if (record === undefined && !segments.isOver(place)) this.replica.fetch(place);
    return this.show(record);
  }

  async getByRef(ref: string): Promise<View | undefined> {
    this.replica.refuseWhenClosed();
    return this.show(await this.replica.store.recordByRef(this.namespace, ref));
  }

  async list(query: ListQuery = {}): Promise<readonly View[]> {
    this.replica.refuseWhenClosed();
    const limit = parseLimit(query.limit);
    const records = await this.replica.store.query({
      ...this.recordQuery(query),
      ...(await this.pageStart(query)),
      limit,
    });
    return records.flatMap((record) => this.show(record) ?? []);
  }

  count(query: ListQuery = {}): Promise<number> {
    this.replica.refuseWhenClosed();
    return this.replica.store.count(this.recordQuery(query));
  }

  update(id: RecordId, patch: Patch): Write<View> {
    return this.attempt(() => this.patch(id, patch));
  }

  protected async patch(id: RecordId, patch: Patch): Promise<Written<View>> {
    const fields = this.patchFields(parseRecordId(id), patch as Readonly<Record<string, unknown>>);
    return this.writeRecord(id, fields, 'existing');
  }

  archive(id: RecordId, archived = true): Write<View> {
    return this.attempt(() =>
      this.writeRecord(id, [this.#field(parseRecordId(id), ARCHIVED_FIELD, archived)], 'existing'),
    );
  }

  forget(id: RecordId): Write<void> {
    return this.attempt(() => this.bury(parseRecordId(id), null));
  }

  /** @param kept what the tombstone tells of the record, which is no content */
  protected async bury(id: RecordId, kept: Json, context?: Context): Promise<Written<undefined>> {
    const tombstone = this.#field(id, TOMBSTONE_FIELD, kept);
    const field = context === undefined ? tombstone : { ...tombstone, context };
    const { stages } = await this.#submit(id, [field], 'existing');
    return { value: undefined, stages };
  }

  /** Writes a field of an existing record that no patch of a user names, and perhaps such a patch with it. */
  protected async mark(
    id: RecordId,
    field: string,
    value: Json,
    patch?: Readonly<Record<string, unknown>>,
  ): Promise<Written<View>> {
    const more = patch === undefined ? [] : this.patchFields(id, patch);
    return this.writeRecord(id, [this.#field(id, field, value), ...more], 'existing');
  }

  /** Writes one field as somebody decided, past what an update may change. @throws MnemeshError `not_found` */
  settle(id: RecordId, field: string, value: Json, reason: string | undefined): Write<View> {
    return this.attempt(() =>
      this.writeRecord(
        id,
        [this.#field(parseRecordId(id), field, value)],
        'existing',
        reason === undefined ? {} : { reason },
      ),
    );
  }

  async forgotten(id: RecordId): Promise<ForgetStatus | undefined> {
    this.replica.refuseWhenClosed();
    return this.replica.forgetting.status(this.namespace, parseRecordId(id));
  }

  watch(listener: (changes: readonly CollectionChange<View>[]) => void): () => void {
    return this.replica.onRecords(this.namespace, (changes) => {
      const own = changes.flatMap(({ id, record, origin }) => {
        if (record !== undefined && record.collection !== this.#definition.name) return [];
        return [{ id, record: this.show(record, origin === 'local' ? 'wrote' : 'read'), origin }];
      });
      if (own.length > 0) listener(own);
    });
  }

  protected attempt<T>(write: () => Promise<Written<T>>): Write<T> {
    return new Write(this.whileOpen(write));
  }

  /** Runs `write` unless the mesh is closed; a closed one rejects. */
  protected async whileOpen<T>(write: () => Promise<T>): Promise<T> {
    this.replica.refuseWhenClosed();
    return write();
  }

  protected async writeRecord(
    id: RecordId,
    fields: readonly FieldWrite[],
    expects: RecordWrite['expects'],
    more: Pick<RecordWrite, 'reason' | 'decide'> = {},
  ): Promise<Written<View>> {
    const { record, stages } = await this.#submit(id, fields, expects, more);
    return { value: this.show(record, 'wrote') as View, stages };
  }

  async #submit(
    id: RecordId,
    fields: readonly FieldWrite[],
    expects: RecordWrite['expects'],
    more: Pick<RecordWrite, 'reason' | 'decide'> = {},
  ): Promise<{ readonly record: StoredRecord | undefined; readonly stages: WriteStages }> {
    const { segments, writes } = this.replica;
    const place = segments.place(this.namespace, homeSegment(id));
    if (segments.isOver(place)) throw this.notFound(id);
    if (expects === 'existing') await this.#refuseOther(id);
    const write: RecordWrite = {
      session: this.session,
      namespace: this.namespace,
      id,
      fields,
      expects,
      ...more,
    };
    const [{ outcome, written }] = await Promise.all([
      writes.write(place, write, this.replica.listed(place)),
      this.replica.announce(this.session, place),
    ]);
    if (outcome === 'missing') throw this.notFound(id);
    if (outcome instanceof MnemeshError) throw outcome;
    return {
      record: written.records.get(id),
      stages: this.#stages(place, outcome === 'written' ? written.holds : written.state),
    };
  }

  /** An id is enough to write to a record, and may be another collection's: forgetting a conversation as an item would leave its events. */
  async #refuseOther(id: RecordId): Promise<void> {
    const record = await this.replica.store.record(this.namespace, id);
    const { name } = this.#definition;
    if (record === undefined || record.collection === name) return;
    throw new MnemeshError(
      'not_found',
      `There is no ${name} ${id} in ${this.namespace}: it names a record of the collection "${record.collection}". Nothing was written.`,
    );
  }

  #stages(place: SegmentPlace, holds: Parameters<Replica['acked']>[1]): WriteStages {
    return {
      acked: () => this.replica.acked(place, holds),
      synced: () => this.replica.synced(place),
    };
  }

  #base(input: object): FieldWrite {
    return { field: BASE_FIELD, context: new Map(), data: baseData(this.#definition, input) };
  }

  protected patchFields(
    id: RecordId,
    patch: Readonly<Record<string, unknown>>,
  ): readonly FieldWrite[] {
    return patchValues(this.#definition, patch).map(([field, value]) =>
      this.#field(id, field, value),
    );
  }

  #field(id: RecordId, field: string, value: Json): FieldWrite {
    return {
      field,
      context: this.session.contextOf(this.namespace, id, field),
      data: encodeUtf8(canonicalJson(value)),
    };
  }

  show(record: StoredRecord | undefined, how: Shown = 'read'): View | undefined {
    if (record === undefined || record.collection !== this.#definition.name) return undefined;
    return this.shown(record, how);
  }

  /** What a session gets back counts as shown to it. */
  protected shown(record: StoredRecord, _how: Shown): View {
    return viewOf(record, showRecord(this.session, record)) as View;
  }

  protected recordQuery({
    state,
    conflicted,
    archived,
  }: ListQuery): Omit<RecordQuery, 'limit' | 'before'> {
    return {
      namespaces: [this.namespace],
      collection: this.#definition.name,
      archived: archived ?? false,
      ...(state === undefined ? {} : { state }),
      ...(conflicted === undefined ? {} : { conflicted }),
    };
  }

  protected async pageStart({ before }: ListQuery): Promise<Pick<RecordQuery, 'before'>> {
    if (before === undefined) return {};
    const record = await this.replica.store.record(this.namespace, before.id);
    // Forgotten meanwhile: of those of its millisecond, some may come again.
    const created = record?.created ?? lastClockAt(before.createdAt);
    if (Number.isNaN(created))
      throw new MnemeshError('bad_input', '"before" is a record that a list gave.');
    return { before: { created, id: before.id } };
  }

  protected notFound(id: RecordId): MnemeshError {
    return new MnemeshError(
      'not_found',
      `There is no ${this.#definition.name} ${id} in ${this.namespace}, or it was forgotten or purged.`,
    );
  }
}
