import type {
  Analyzer,
  AwaitedDocument,
  DamagedDocument,
  NamedBy,
  PlaceBeside,
  Postings,
  PostingsQuery,
  RecordQuery,
  Reference,
  RelayCursor,
  StoreBatch,
  StoredDocument,
  StoredDocumentHead,
  StoredEnvelope,
  StoredRecord,
  StoredSyncState,
  StoreOpening,
  ThreadQuery,
  TopicPlace,
} from '@mnemesh/core';
import {
  type Guid,
  MnemeshError,
  type Namespace,
  type RecordId,
  type SegmentName,
} from '@mnemesh/protocol';
import { decodeValue, encodeValue } from './journal-values.js';
import { byNewest, matchesQuery, postingsOf, threadOf } from './record-query.js';
import { compareTopics, ReferenceIndex } from './reference-index.js';

/** One frame of a simulated replica store's journal. */
export type ReplicaChange =
  | { readonly kind: 'opened'; readonly opened: StoreOpening }
  | { readonly kind: 'batch'; readonly batch: StoreBatch }
  /** A logged update became unreadable. */
  | { readonly kind: 'damaged'; readonly guid: Guid; readonly number: number };

export function encodeReplicaChange(change: ReplicaChange): Uint8Array {
  return encodeValue(change);
}

export function decodeReplicaChange(payload: Uint8Array): ReplicaChange {
  return decodeValue(payload) as ReplicaChange;
}

interface DocumentRow {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  snapshot: Uint8Array | undefined;
  through: number;
  unacked: boolean;
  lacking: boolean;
  unscrubbed: boolean;
  readonly log: Map<number, Uint8Array>;
}

/** The content of a replica store, in memory: what its journal's frames add up to. */
export class ReplicaTables {
  #opened: StoreOpening | undefined;
  #updates = 0;
  readonly #documents = new Map<Guid, DocumentRow>();
  readonly #envelopes = new Map<Guid, Map<string, StoredEnvelope>>();
  readonly #envelopesOfRecords = new Map<string, Map<string, StoredEnvelope>>();
  readonly #records = new Map<string, StoredRecord>();
  readonly #references = new ReferenceIndex();
  readonly #projections = new Map<Namespace, string>();
  /** Every record there ever was has a slot, and keeps it. */
  readonly #slots = new Map<string, number>();
  readonly #damaged = new Map<Guid, number>();
  #cursor: RelayCursor | undefined;
  readonly #known = new Map<Guid, Uint8Array>();
  readonly #awaited = new Map<Guid, AwaitedDocument>();

  /** Of the last opening; undefined before the first. */
  get opened(): StoreOpening | undefined {
    return this.#opened;
  }

  get damaged(): readonly DamagedDocument[] {
    return [...this.#damaged].map(([guid, rows]) => ({ guid, rows }));
  }

  apply(change: ReplicaChange): void {
    if (change.kind === 'batch') this.#applyBatch(change.batch);
    else if (change.kind === 'opened') this.#opened = change.opened;
    else if (this.#documents.get(change.guid)?.log.delete(change.number)) {
      this.#damaged.set(change.guid, (this.#damaged.get(change.guid) ?? 0) + 1);
    }
  }

  /**
   * @param before batches that go before it and are not applied yet
   * @throws MnemeshError `not_found`, `bad_input` as the port says of a batch's parts
   */
  check(batch: StoreBatch, before: readonly StoreBatch[]): void {
    const batches = [...before, batch];
    for (const { guid } of [...(batch.updates ?? []), ...(batch.snapshots ?? [])]) {
      this.#checkKnown(guid, batches);
    }
    let given = this.#updates;
    for (const { updates = [] } of batches) given += updates.length;
    const covered = new Map<Guid, number>();
    for (const { guid, through } of batches.flatMap(({ snapshots = [] }) => snapshots)) {
      const least = covered.get(guid) ?? this.#documents.get(guid)?.through ?? 0;
      if (through < least || through > given) {
        throw badInput(`A snapshot of ${guid} cannot cover up to ${through}.`);
      }
      covered.set(guid, through);
    }
    for (const { guid, through } of batch.prune ?? []) {
      if (through > (covered.get(guid) ?? this.#documents.get(guid)?.through ?? 0)) {
        throw badInput(`The snapshot of ${guid} does not cover its updates up to ${through}.`);
      }
    }
  }

  heads(): readonly StoredDocumentHead[] {
    return [...this.#documents.values()].map(headOf);
  }

  document(guid: Guid): StoredDocument | undefined {
    const row = this.#documents.get(guid);
    if (row === undefined) return undefined;
    return {
      ...headOf(row),
      snapshot: row.snapshot?.slice(),
      snapshotThrough: row.through,
      log: beyondSnapshot(row).map(([number, update]) => ({ number, update: update.slice() })),
    };
  }

  envelopes(namespace: Namespace, ids: readonly RecordId[]): readonly StoredEnvelope[] {
    return [...new Set(ids)].flatMap((id) => [
      ...(this.#envelopesOfRecords.get(recordKey(namespace, id))?.values() ?? []),
    ]);
  }

  envelopesOf(guid: Guid): readonly StoredEnvelope[] {
    return [...(this.#envelopes.get(guid)?.values() ?? [])];
  }

  record(namespace: Namespace, id: RecordId): StoredRecord | undefined {
    return this.#records.get(recordKey(namespace, id));
  }

  recordByRef(namespace: Namespace, ref: string): StoredRecord | undefined {
    return [...this.#records.values()]
      .filter((record) => record.namespace === namespace && record.ref === ref)
      .sort(byNewest)
      .at(-1);
  }

  query(query: RecordQuery): readonly StoredRecord[] {
    return [...this.#records.values()]
      .filter((record) => this.#matches(record, query))
      .sort(byNewest)
      .slice(0, query.limit);
  }

  count(query: Omit<RecordQuery, 'limit' | 'before'>): number {
    return [...this.#records.values()].filter((record) => this.#matches(record, query)).length;
  }

  namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): readonly NamedBy[] {
    return this.#references.namedBy(namespace, kind, targets);
  }

  contestedTopics(
    namespaces: readonly Namespace[] | undefined,
    after: TopicPlace | undefined,
    limit: number,
  ): TopicPlace[] {
    const heads = [...this.#records.values()].filter(
      (record) => !record.archived && !this.#references.isSuperseded(record),
    );
    const topics = this.#references.sharedTopics(heads, namespaces);
    return topics
      .filter((place) => after === undefined || compareTopics(after, place) < 0)
      .slice(0, limit);
  }

  projections(): ReadonlyMap<Namespace, string> {
    return new Map(this.#projections);
  }

  #matches(record: StoredRecord, query: Omit<RecordQuery, 'limit'>): boolean {
    const { refersTo, superseded } = query;
    return (
      matchesQuery(record, query) &&
      (refersTo === undefined || this.#references.refers(record, refersTo)) &&
      (superseded === undefined || this.#references.isSuperseded(record) === superseded)
    );
  }

  thread(query: ThreadQuery): readonly StoredRecord[] {
    return threadOf(this.#records.values(), query);
  }

  /** @throws MnemeshError `bad_input` without an analyzer */
  postings(query: PostingsQuery, analyzer: Analyzer | undefined): Postings {
    if (analyzer === undefined) throw badInput('This store was opened without an analyzer.');
    return postingsOf(
      [...this.#slots.keys()].map((key) => this.#records.get(key)),
      query,
      analyzer,
    );
  }

  recordsBeside(places: readonly PlaceBeside[]): ReadonlyMap<number, StoredRecord> {
    const origins = this.recordsAt(places.map(({ slot }) => slot));
    const wanted = new Set(
      places.flatMap(({ slot, offset }) => {
        const origin = origins.get(slot);
        return origin?.position === undefined ? [] : [placeKey(origin, origin.position + offset)];
      }),
    );
    return new Map(
      [...this.#slots.keys()].flatMap((key, slot) => {
        const record = this.#records.get(key);
        return record?.position !== undefined && wanted.has(placeKey(record, record.position))
          ? [[slot, record] as const]
          : [];
      }),
    );
  }

  /** Every record, by its slot. */
  slots(): ReadonlyMap<number, StoredRecord> {
    return this.recordsAt([...this.#slots.values()]);
  }

  recordsAt(slots: readonly number[]): ReadonlyMap<number, StoredRecord> {
    const keys = [...this.#slots.keys()];
    return new Map(
      slots.flatMap((slot) => {
        const record = this.#records.get(keys[slot] ?? '');
        return record === undefined ? [] : [[slot, record] as const];
      }),
    );
  }

  syncState(): StoredSyncState {
    return {
      cursor: this.#cursor,
      known: new Map(this.#known),
      awaited: [...this.#awaited.values()],
    };
  }

  /** Is this logged update still there, also under a snapshot that covers it? */
  holdsUpdate(guid: Guid, number: number): boolean {
    return this.#documents.get(guid)?.log.has(number) === true;
  }

  holdsEnvelope(guid: Guid, version: string): boolean {
    return this.#envelopes.get(guid)?.has(version) === true;
  }

  #checkKnown(guid: Guid, batches: readonly StoreBatch[]): void {
    const named = ({ documents = [] }: StoreBatch): boolean =>
      documents.some((document) => document.guid === guid);
    if (this.#documents.has(guid) || batches.some(named)) return;
    throw new MnemeshError('not_found', `This store knows no document ${guid}.`);
  }

  #applyBatch(batch: StoreBatch): void {
    this.#applyDocuments(batch);
    this.#applyRecords(batch);
    this.#applySync(batch);
  }

  #applyDocuments(batch: StoreBatch): void {
    for (const { guid, namespace, segment } of batch.documents ?? []) {
      if (this.#documents.has(guid)) continue;
      this.#documents.set(guid, {
        guid,
        namespace,
        segment,
        snapshot: undefined,
        through: 0,
        unacked: false,
        lacking: false,
        unscrubbed: false,
        log: new Map(),
      });
    }
    for (const { guid, update } of batch.updates ?? []) {
      this.#documents.get(guid)?.log.set(++this.#updates, update);
    }
    for (const { guid, snapshot, through } of batch.snapshots ?? []) {
      const row = this.#documents.get(guid);
      if (row !== undefined) Object.assign(row, { snapshot, through });
    }
    for (const { guid, through } of batch.prune ?? []) {
      const log = this.#documents.get(guid)?.log;
      for (const number of [...(log?.keys() ?? [])]) if (number <= through) log?.delete(number);
    }
  }

  #removeDocument(guid: Guid): void {
    for (const envelope of this.#envelopes.get(guid)?.values() ?? [])
      this.#envelopesOfRecords.get(recordKeyOf(envelope))?.delete(envelopeKey(envelope));
    this.#envelopes.delete(guid);
    for (const [key, record] of [...this.#records])
      if (record.guid === guid) this.#records.delete(key);
    this.#documents.delete(guid);
    this.#known.delete(guid);
    this.#awaited.delete(guid);
    this.#damaged.delete(guid);
  }

  #applyRecords(batch: StoreBatch): void {
    for (const guid of batch.removeDocuments ?? []) this.#removeDocument(guid);
    for (const { guid, version } of batch.removeEnvelopes ?? []) {
      const envelope = this.#envelopes.get(guid)?.get(version);
      if (envelope === undefined) continue;
      this.#envelopes.get(guid)?.delete(version);
      this.#envelopesOfRecords.get(recordKeyOf(envelope))?.delete(envelopeKey(envelope));
    }
    for (const envelope of batch.envelopes ?? []) {
      entryOf(this.#envelopes, envelope.guid).set(envelope.version, envelope);
      entryOf(this.#envelopesOfRecords, recordKeyOf(envelope)).set(envelopeKey(envelope), envelope);
    }
    for (const { namespace, id } of batch.removeRecords ?? []) {
      this.#records.delete(recordKey(namespace, id));
      this.#references.drop(namespace, id);
    }
    for (const record of batch.records ?? []) {
      const key = recordKey(record.namespace, record.id);
      if (!this.#slots.has(key)) this.#slots.set(key, this.#slots.size);
      this.#records.set(key, record);
      this.#references.drop(record.namespace, record.id);
    }
    for (const references of batch.references ?? []) this.#references.put(references);
    for (const { namespace, rules } of batch.projected ?? [])
      this.#projections.set(namespace, rules);
  }

  #applySync(batch: StoreBatch): void {
    if (batch.resetSync === true) {
      this.#cursor = undefined;
      this.#known.clear();
      this.#awaited.clear();
      for (const row of this.#documents.values()) row.unacked = true;
    }
    if (batch.replica !== undefined && this.#opened !== undefined) {
      this.#opened = { ...this.#opened, replica: batch.replica };
    }
    this.#cursor = batch.cursor ?? this.#cursor;
    for (const { guid, unacked } of batch.unacked ?? []) {
      const row = this.#documents.get(guid);
      if (row !== undefined) row.unacked = unacked;
    }
    for (const { guid, lacking } of batch.lacking ?? []) {
      const row = this.#documents.get(guid);
      if (row !== undefined) row.lacking = lacking;
    }
    for (const { guid, unscrubbed } of batch.unscrubbed ?? []) {
      const row = this.#documents.get(guid);
      if (row !== undefined) row.unscrubbed = unscrubbed;
    }
    for (const { guid, state } of batch.known ?? []) this.#known.set(guid, state);
    for (const guid of batch.noLongerAwaited ?? []) this.#awaited.delete(guid);
    for (const document of batch.awaited ?? []) this.#awaited.set(document.guid, document);
    for (const guid of batch.repaired ?? []) this.#damaged.delete(guid);
  }
}

function placeKey({ namespace, thread }: StoredRecord, position: number): string {
  return `${namespace} ${thread} ${position}`;
}

function headOf(row: DocumentRow): StoredDocumentHead {
  const log = beyondSnapshot(row);
  let bytes = row.snapshot?.length ?? 0;
  for (const [, update] of log) bytes += update.length;
  const { guid, namespace, segment, unacked, lacking, unscrubbed } = row;
  const updates = log.length;
  return { guid, namespace, segment, bytes, updates, unacked, lacking, unscrubbed };
}

function beyondSnapshot(row: DocumentRow): readonly (readonly [number, Uint8Array])[] {
  return [...row.log].filter(([number]) => number > row.through);
}

function badInput(message: string): MnemeshError {
  return new MnemeshError('bad_input', message);
}

function entryOf<K, V>(maps: Map<K, Map<string, V>>, key: K): Map<string, V> {
  const entry = maps.get(key) ?? new Map<string, V>();
  maps.set(key, entry);
  return entry;
}

function envelopeKey({ guid, version }: StoredEnvelope): string {
  return `${guid} ${version}`;
}

function recordKeyOf({ namespace, id }: StoredEnvelope): string {
  return recordKey(namespace, id);
}

function recordKey(namespace: Namespace, id: RecordId): string {
  return `${namespace} ${id}`;
}
