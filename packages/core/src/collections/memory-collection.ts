import {
  type Clock,
  MnemeshError,
  parseRecordId,
  type RecordId,
  type SessionId,
} from '@mnemesh/protocol';
import * as v from 'valibot';
import { settledTopics } from '../conflicts/settled-topics.js';
import { parseOpenNamespace } from '../documents/directory.js';
import type { FieldWrite } from '../documents/record-write.js';
import type { RecordQuery, StoredRecord } from '../ports/index.js';
import { MEMBER_SIGN } from '../records/base-data.js';
import { isValidAt, momentMs } from '../records/moment.js';
import type { StoredView } from '../records/projection.js';
import { targets, tombstoneData } from '../records/references.js';
import { readRecord, showRecord, viewOf } from '../records/shown.js';
import { chainHash, topicContext, topicHash } from '../records/topics.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import type { Write, Written } from '../write.js';
import type { CreateOptions, Json, ListQuery } from './collection.js';
import { lineageOf } from './lineage.js';
import type { Lineage, Memory, MemoryQuery } from './memory.js';
import {
  type ImportedItem,
  INHERITED_TOPICS,
  type MemoryInput,
  type MemoryItem,
  type MemoryPatch,
  memoryDefinition,
  type SimilarItem,
} from './memory-item.js';
import { MemoryWrite, type WrittenItem } from './memory-write.js';
import { nearDuplicates } from './near-duplicates.js';
import { parseLimit } from './page-limit.js';
import { RecordCollection, type Shown } from './record-collection.js';
import { saysTheSame } from './same-statement.js';
import { parse } from './schema.js';
import { checkValidity } from './validity.js';

/** Dependents that are offered. */
const DEPENDENTS = 1_000;

const idList = v.array(v.string());

/** Memory items of one namespace, as one session remembers and reads them. */
export class MemoryCollection
  extends RecordCollection<MemoryItem, MemoryInput, MemoryPatch>
  implements Memory
{
  readonly #replica: Replica;
  readonly #session: Session;

  constructor(replica: Replica, session: Session, namespace?: string) {
    super(replica, session, memoryDefinition, namespace);
    this.#replica = replica;
    this.#session = session;
  }

  override in(namespace: string): MemoryCollection {
    return new MemoryCollection(this.#replica, this.#session, parseOpenNamespace(namespace));
  }

  override create(input: MemoryInput, options?: CreateOptions): MemoryWrite {
    return this.#write(() => this.#remember(input, options));
  }

  override import({ id, input }: ImportedItem): Write<MemoryItem> {
    const bring = async (): Promise<Written<MemoryItem>> => {
      checkValidity(input);
      if ((input.supersedes ?? []).length > 0) return this.#supersede(input, { derived: id });
      return this.#add(input, this.#topicsOf(input), { derived: id });
    };
    return this.attempt(() => this.#replica.writes.prepare(bring()));
  }

  reconcile(
    ids: readonly RecordId[],
    input: MemoryInput,
    { reason, id }: CreateOptions & { readonly reason?: string } = {},
  ): MemoryWrite {
    return this.#write(async () => {
      const known = await this.#demand(ids);
      const supersedes = [...new Set([...known, ...(input.supersedes ?? [])])];
      return fresh(await this.#supersede({ ...input, supersedes }, { reason, id }));
    });
  }

  summarize(
    ids: readonly RecordId[],
    input: MemoryInput,
    { supersede = false, id }: CreateOptions & { readonly supersede?: boolean } = {},
  ): MemoryWrite {
    return this.#write(async () => {
      const known = await this.#demand(ids);
      const sources = [...new Set([...known, ...(input.sources ?? [])])];
      const item = { kind: 'summary', ...input, sources } as const;
      if (!supersede) return this.#remember(item, { id });
      const supersedes = [...new Set([...known, ...(input.supersedes ?? [])])];
      return fresh(await this.#supersede({ ...item, supersedes }, { id }));
    });
  }

  override async get(
    id: RecordId,
    { asOf }: { readonly asOf?: string } = {},
  ): Promise<MemoryItem | undefined> {
    const at = asOf === undefined ? undefined : parseMoment(asOf);
    const item = await super.get(id);
    return item === undefined || (at !== undefined && !isValidAt(item, at)) ? undefined : item;
  }

  override async list(query: MemoryQuery = {}): Promise<readonly MemoryItem[]> {
    const { asOf, ...rest } = query;
    if (asOf === undefined) return super.list(rest);
    const found: MemoryItem[] = [];
    const limit = parseLimit(query.limit);
    for await (const record of this.#validAt(rest, parseMoment(asOf))) {
      found.push(this.shown(record, 'read'));
      if (found.length >= limit) break;
    }
    return found;
  }

  override async count(query: MemoryQuery = {}): Promise<number> {
    const { asOf, ...rest } = query;
    if (asOf === undefined) return super.count(rest);
    let count = 0;
    for await (const _ of this.#validAt(rest, parseMoment(asOf))) count++;
    return count;
  }

  override update(id: RecordId, patch: MemoryPatch): Write<MemoryItem> {
    return this.attempt(() => {
      checkValidity(patch);
      return this.patch(id, patch);
    });
  }

  override forget(id: RecordId): Write<void> {
    return this.attempt(() => this.#replica.writes.prepare(this.#forget(parseRecordId(id))));
  }

  async similar(to: RecordId | { readonly content: string }): Promise<readonly SimilarItem[]> {
    this.#replica.refuseWhenClosed();
    const { store } = this.#replica;
    if (typeof to !== 'string')
      return nearDuplicates(
        store,
        this.#replica.recaller?.analyzer,
        this.namespace,
        to.content,
        undefined,
      );
    const record = await store.record(this.namespace, parseRecordId(to));
    if (record?.collection !== memoryDefinition.name) return [];
    const { fields } = JSON.parse(record.view) as StoredView;
    return nearDuplicates(
      store,
      this.#replica.recaller?.analyzer,
      this.namespace,
      String(fields.content ?? ''),
      record.id,
    );
  }

  async lineage(id: RecordId): Promise<Lineage | undefined> {
    const item = await this.get(id);
    if (item === undefined) return undefined;
    const { before, after, forgotten } = await lineageOf(
      this.#replica.store,
      this.namespace,
      item.id,
    );
    const show = (records: readonly StoredRecord[]): readonly MemoryItem[] =>
      records.map((record) => this.shown(record, 'read'));
    return { item, supersedes: show(before), supersededBy: show(after), forgotten };
  }

  async dependents(id: RecordId): Promise<readonly MemoryItem[]> {
    this.#replica.refuseWhenClosed();
    const { store } = this.#replica;
    const named = await Promise.all(
      (['source', 'supersedes'] as const).map((kind) =>
        store.namedBy(this.namespace, kind, [parseRecordId(id)]),
      ),
    );
    const ids = [...new Set(named.flat().map((one) => one.id))].sort().slice(0, DEPENDENTS);
    const records = await Promise.all(ids.map((one) => store.record(this.namespace, one)));
    return records.flatMap((record) => (record === undefined ? [] : [this.shown(record, 'read')]));
  }

  protected override shown(record: StoredRecord, how: Shown): MemoryItem {
    const show = how === 'read' ? readRecord : showRecord;
    const item = viewOf(record, show(this.#session, record)) as MemoryItem;
    return { ...item, authorKind: this.#replica.rules.kindOf(item.createdBy) };
  }

  protected override recordQuery(query: ListQuery): Omit<RecordQuery, 'limit' | 'before'> {
    const { topic, pinned, source, superseded } = query as MemoryQuery;
    return {
      ...super.recordQuery(query),
      ...(superseded === undefined ? {} : { superseded }),
      ...(pinned === undefined ? {} : { refersTo: { kind: 'pin' } as const }),
      ...(source === undefined ? {} : { refersTo: { kind: 'source', target: source } as const }),
      ...(topic === undefined
        ? {}
        : { refersTo: { kind: 'topic', target: topicHash(this.namespace, topic) } as const }),
    };
  }

  #write(write: () => Promise<WrittenItem>): MemoryWrite {
    const saved = this.whileOpen(() => this.#replica.writes.prepare(write()));
    return new MemoryWrite(saved, (item) => this.similar(item.id));
  }

  /** Asks the store for nothing unless the item supersedes something or repeats what was read. */
  async #remember(input: MemoryInput, options: NewItem = {}): Promise<WrittenItem> {
    checkValidity(input);
    if ((input.supersedes ?? []).length > 0) return fresh(await this.#supersede(input, options));
    const known =
      typeof input.content === 'string'
        ? this.#session.texts.find(this.namespace, input.content)
        : undefined;
    const confirmed = known === undefined ? undefined : await this.#confirm(known, input);
    if (confirmed !== undefined) return { ...confirmed, confirmed: true };
    return fresh(await this.#add(input, this.#topicsOf(input), options));
  }

  #topicsOf({ topic }: MemoryInput): readonly string[] {
    return isText(topic) ? [topicHash(this.namespace, topic)] : [];
  }

  #add(
    input: MemoryInput & { readonly lineage?: readonly string[] },
    topics: readonly string[],
    { id, derived }: NewItem,
    fields: readonly FieldWrite[] = [],
  ): Promise<Written<MemoryItem>> {
    const context = topicContext(this.#session, this.namespace, topics);
    const at = derived !== undefined ? { derived } : id === undefined ? {} : { id };
    return this.add(input, { context, fields, ...at });
  }

  /** An item in the topics of all that it takes the place of, so that it meets whoever does the same apart. */
  async #supersede(
    input: MemoryInput,
    { reason, id, derived }: NewItem,
  ): Promise<Written<MemoryItem>> {
    checkValidity(input);
    const ids = parse(idList, input.supersedes, 'supersedes').map(parseRecordId);
    const { store } = this.#replica;
    const replaced = await Promise.all(ids.map((id) => store.record(this.namespace, id)));
    const views = replaced.map((record) =>
      record === undefined ? undefined : (JSON.parse(record.view) as StoredView),
    );
    const inherited = views.flatMap((view, i) => {
      const topics = targets(view?.references, 'topic');
      return topics.length > 0 ? topics : [chainHash(this.namespace, ids[i] as RecordId)];
    });
    const topic = input.topic ?? views.map((view) => view?.fields.topic).find(isText);
    const own = isText(topic) ? [topicHash(this.namespace, topic)] : [];
    const lineage = [...new Set(inherited)]
      .filter((one) => !own.includes(one))
      .slice(0, INHERITED_TOPICS);
    const topics = [...own, ...lineage];
    const item = {
      ...input,
      ...(topic === undefined ? {} : { topic }),
      ...(lineage.length === 0 ? {} : { lineage }),
    } as MemoryInput;
    const context = topicContext(this.#session, this.namespace, topics);
    const { namespace } = this;
    const successor = { namespace, topics, supersedes: ids, context, reason };
    return this.#add(item, topics, { id, derived }, await settledTopics(store, successor));
  }

  /** @returns undefined when the item does not stand any more, or says anything else */
  async #confirm(id: RecordId, input: MemoryInput): Promise<Written<MemoryItem> | undefined> {
    const { store } = this.#replica;
    const record = await store.record(this.namespace, id);
    if (record === undefined || record.archived) return undefined;
    if (!saysTheSame((JSON.parse(record.view) as StoredView).fields, input)) return undefined;
    if ((await store.namedBy(this.namespace, 'supersedes', [id])).length > 0) return undefined;
    const member = `confirmations${MEMBER_SIGN}${this.#session.agent.id}`;
    const tags = input.tags?.length ? { tags: { add: input.tags } } : undefined;
    return this.mark(id, member, {}, tags);
  }

  async #forget(id: RecordId): Promise<Written<undefined>> {
    const record = await this.#replica.store.record(this.namespace, id);
    const view = record === undefined ? undefined : (JSON.parse(record.view) as StoredView);
    const kept = tombstoneData(view?.references ?? []);
    if (kept.topics.length + kept.supersedes.length === 0) return this.bury(id, null);
    const context = new Map(Object.entries(view?.topical?.seen ?? {})) as Map<SessionId, Clock>;
    // Entries that are not below the tombstone's own clock would be void.
    for (const clock of context.values()) this.#session.witness(clock);
    return this.bury(id, kept as unknown as Json, context);
  }

  async #demand(ids: readonly RecordId[]): Promise<readonly RecordId[]> {
    if (ids.length === 0) throw new MnemeshError('bad_input', 'Name at least one item.');
    for (const id of ids) {
      const record = await this.#replica.store.record(this.namespace, parseRecordId(id));
      if (record?.collection === memoryDefinition.name) continue;
      throw new MnemeshError(
        'not_found',
        `There is no memory ${id} in ${this.namespace}, or it was forgotten. Nothing was written.`,
      );
    }
    return ids;
  }

  async *#validAt(query: MemoryQuery, at: number): AsyncGenerator<StoredRecord> {
    this.#replica.refuseWhenClosed();
    const { superseded, ...rest } = query;
    const { store } = this.#replica;
    let before = await this.pageStart(rest);
    for (;;) {
      const page = await store.query({ ...this.recordQuery(rest), ...before, limit: PAGE });
      for (const record of page) {
        if (!isValidAt((JSON.parse(record.view) as StoredView).fields, at)) continue;
        const isOver =
          superseded === undefined ? undefined : await this.#isSupersededAt(record.id, at);
        if (isOver === superseded) yield record;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      before = { before: { created: last.created, id: last.id } };
    }
  }

  /** What is not valid yet takes no place; what was forgotten has taken it for good. */
  async #isSupersededAt(id: RecordId, at: number): Promise<boolean> {
    const { store } = this.#replica;
    for (const successor of await store.namedBy(this.namespace, 'supersedes', [id])) {
      const record = await store.record(this.namespace, successor.id);
      if (record === undefined) return true;
      const { validFrom } = (JSON.parse(record.view) as StoredView).fields;
      const from = isText(validFrom) ? momentMs(validFrom) : undefined;
      if (from === undefined || from <= at) return true;
    }
    return false;
  }
}

/** What a call says of the item that it makes, beside its input. */
interface NewItem {
  readonly id?: RecordId | undefined;
  readonly derived?: RecordId | undefined;
  readonly reason?: string | undefined;
}

/** Records read from the store at a time. */
const PAGE = 200;

function fresh(written: Written<MemoryItem>): WrittenItem {
  return { ...written, confirmed: false };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** @throws MnemeshError `bad_input` */
function parseMoment(text: string): number {
  const ms = momentMs(text);
  if (ms !== undefined) return ms;
  throw new MnemeshError(
    'bad_input',
    `"${text}" is no moment. Give an ISO 8601 date, or time with its zone: 2026-11-21T09:30:00Z.`,
  );
}
