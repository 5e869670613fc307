import type {
  Analyzer,
  NamedBy,
  PlaceBeside,
  Postings,
  PostingsQuery,
  RecordQuery,
  Reference,
  ReplicaStore,
  StoreBatch,
  StoredDocument,
  StoredRecord,
  StoreOpening,
  ThreadQuery,
} from '@mnemesh/core';
import type { Guid, Log, Namespace, RecordId } from '@mnemesh/protocol';
import type { Connection } from './connection.js';
import { type Content, damagedOf, headOf } from './content.js';
import type { Databases } from './databases.js';
import type { DocumentPlace } from './document-place.js';
import { closedError, lostError, storeError } from './errors.js';
import { IndexedDbVectors } from './indexeddb-vectors.js';
import { type ApartRead, readApart } from './read-apart.js';
import {
  type DamagedRow,
  envelopesOfDocument,
  envelopesOfRecords,
  type Read,
  readDocument,
  readProjections,
  readSyncState,
} from './read-documents.js';
import {
  countRecords,
  queryRecords,
  readBeside,
  readByRef,
  readRecord,
  readRecords,
  readThread,
} from './read-records.js';
import { readContestedTopics, readNamedBy } from './read-references.js';
import { Search } from './search.js';
import { Slots } from './slots.js';
import type { StoreLock } from './store-lock.js';
import { type ReadStore, StoreWriter } from './store-writer.js';

export interface StoreParts {
  readonly databases: Databases;
  readonly connection: Connection;
  readonly content: Content;
  readonly lock: StoreLock;
  readonly analyzer: Analyzer | undefined;
  /** Where the bytes of documents lie; undefined: in their rows. */
  readonly place: DocumentPlace | undefined;
  readonly log: Log;
  /** A write was refused because there was no room. */
  readonly onFull?: (() => void) | undefined;
}

/** A replica store on IndexedDB. Reads ask the database for what they need; only heads of documents are held in memory. */
export class IndexedDbStore implements ReplicaStore {
  readonly #lock: StoreLock;
  readonly #slots = new Slots();
  readonly #search: Search;
  readonly #writer: StoreWriter;
  readonly vectors = new IndexedDbVectors({
    slots: this.#slots,
    read: (read) => this.#read(read),
    write: (embedder, vectors) => this.#write({ kind: 'vectors', embedder, vectors }),
  });
  /** Documents that were read in this opening. */
  readonly #loaded = new Set<Guid>();
  #closing: Promise<void> | undefined;

  constructor({ lock, analyzer, ...parts }: StoreParts) {
    this.#lock = lock;
    this.#search = new Search(analyzer, this.#slots);
    this.#writer = new StoreWriter({
      ...parts,
      onRecords: (changes) => {
        this.#search.changed(changes);
        this.vectors.changed(changes);
      },
    });
  }

  get opened(): StoreOpening {
    return this.#writer.content.opened;
  }

  get damaged() {
    return damagedOf(this.#writer.content);
  }

  /** The browser closed the database. */
  lost(): void {
    this.#writer.fail(lostError());
  }

  async documents() {
    return this.#read(async () => [...this.#writer.content.documents.values()].map(headOf));
  }

  async document(guid: Guid): Promise<StoredDocument | undefined> {
    const read: ApartRead = await this.#read(async (connection, bytes) =>
      bytes === undefined
        ? { ...(await readDocument(connection, guid)), hasForeign: false }
        : readApart(connection, bytes, guid),
    );
    const { value, damaged, hasForeign, replaced } = read;
    await this.#putAside(damaged);
    if (replaced?.isProven === false)
      await this.#write({ kind: 'lacks', guid, rows: replaced.keys.length });
    // Later, who loaded the document would not know of it.
    const isFirst = !this.#loaded.has(guid);
    this.#loaded.add(guid);
    if (!hasForeign || !isFirst) return value;
    await this.#write({ kind: 'foreign', guid, replaced: replaced?.keys ?? [] });
    return this.document(guid);
  }

  async envelopes(namespace: Namespace, ids: readonly RecordId[]) {
    return this.#sound((connection) => envelopesOfRecords(connection, namespace, ids));
  }

  async envelopesOf(guid: Guid) {
    return this.#sound((connection) => envelopesOfDocument(connection, guid));
  }

  async record(namespace: Namespace, id: RecordId) {
    return this.#read((connection) => readRecord(connection, namespace, id));
  }

  async recordByRef(namespace: Namespace, ref: string) {
    return this.#read((connection) => readByRef(connection, namespace, ref));
  }

  async query(query: RecordQuery) {
    return this.#read((connection) => queryRecords(connection, query));
  }

  async count(query: Omit<RecordQuery, 'limit' | 'before'>) {
    return this.#read((connection) => countRecords(connection, query));
  }

  async thread(query: ThreadQuery) {
    return this.#read((connection) => readThread(connection, query));
  }

  async postings(query: PostingsQuery): Promise<Postings> {
    return this.#read((connection) => this.#search.postings(connection, query));
  }

  async recordsAt(slots: readonly number[]): Promise<ReadonlyMap<number, StoredRecord>> {
    return this.#read(async (connection) => {
      const known = slots.filter((slot) => this.#slots.keyAt(slot) !== undefined);
      const keys = known.map((slot) => this.#slots.keyAt(slot) as readonly [Namespace, RecordId]);
      const records = await readRecords(connection, keys);
      return new Map(
        known.flatMap((slot, n) => {
          const record = records[n];
          return record === undefined ? [] : [[slot, record] as const];
        }),
      );
    });
  }

  async recordsBeside(places: readonly PlaceBeside[]): Promise<ReadonlyMap<number, StoredRecord>> {
    const origins = await this.recordsAt(places.map(({ slot }) => slot));
    return this.#read(async (connection) => {
      const beside = places.map(({ slot, offset }) => ({ origin: origins.get(slot), offset }));
      const records = await readBeside(connection, beside);
      return new Map(
        records.map((record) => [this.#slots.of([record.namespace, record.id]), record]),
      );
    });
  }

  async namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): Promise<readonly NamedBy[]> {
    return this.#read((connection) => readNamedBy(connection, namespace, kind, targets));
  }

  async contestedTopics(query: Parameters<ReplicaStore['contestedTopics']>[0]) {
    return this.#read((connection) => readContestedTopics(connection, query));
  }

  async projections() {
    return this.#read((connection) => readProjections(connection));
  }

  async syncState() {
    return this.#read((connection) => readSyncState(connection));
  }

  async commit(batch: StoreBatch): Promise<void> {
    return this.#write({ kind: 'batch', batch });
  }

  async erase(guids: readonly Guid[]): Promise<void> {
    return this.#write({ kind: 'erase', guids });
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      this.#lock.release();
    }
  }

  async #write(item: Parameters<StoreWriter['add']>[0]): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    return this.#writer.add(item);
  }

  async #read<T>(read: ReadStore<T>): Promise<T> {
    if (this.#closing !== undefined) throw closedError();
    try {
      return await this.#writer.read(read);
    } catch (error) {
      throw storeError(error);
    }
  }

  /** What of it can be had; damaged rows are put aside. */
  async #sound<T>(read: (connection: Connection) => Promise<Read<T>>): Promise<T> {
    const { value, damaged } = await this.#read(read);
    await this.#putAside(damaged);
    return value;
  }

  async #putAside(rows: readonly DamagedRow[]): Promise<void> {
    if (rows.length > 0) await this.#write({ kind: 'aside', rows });
  }
}
