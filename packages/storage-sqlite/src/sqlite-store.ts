import type {
  DamagedDocument,
  NamedBy,
  PlaceBeside,
  Postings,
  PostingsQuery,
  RecordQuery,
  Reference,
  ReplicaStore,
  StoreBatch,
  StoredDocument,
  StoredDocumentHead,
  StoredEnvelope,
  StoredRecord,
  StoredSyncState,
  StoreOpening,
  ThreadQuery,
  TopicPlace,
  VectorStore,
} from '@mnemesh/core';
import {
  type Guid,
  hasCode,
  MnemeshError,
  type Namespace,
  type RecordId,
  type ReplicaId,
  type Runtime,
} from '@mnemesh/protocol';
import { type Database, isDamage, type StoreLock, sqliteError } from '@mnemesh/sqlite';
import type { BackgroundCheck } from './background-check.js';
import { applyBatch, type StoreTables } from './batch.js';
import { type PackedSnapshot, packSnapshots } from './documents.js';
import { eraseFreed } from './erasure.js';
import { endOfTurn, GroupCommit } from './group-commit.js';
import { DamagedIndexError } from './search/damage.js';
import { QuietFolding } from './search/quiet-folding.js';
import { isUnreadable } from './tables.js';

/**
 * Full blocks of records that may wait to be indexed. Until then they are searched as they are: the first search takes
 * some 50 ms and 3 MB for each. As many are indexed when the store is closed.
 */
const BACKLOG_BLOCKS = 8;
/** Blocks of records indexed with one group of writes: more than its batches fill, if they are as local writes make them. */
const GROUP_BLOCKS = 32;

/** A batch on its way to the disk. */
interface Write {
  readonly batch: StoreBatch;
  snapshots: readonly PackedSnapshot[];
}

/** The replica store over one open, checked and locked database. */
export class SqliteReplicaStore implements ReplicaStore {
  readonly #database: Database;
  readonly #tables: StoreTables;
  readonly #lock: StoreLock;
  /** Called when a read meets damage, so that the next opening looks at everything. */
  readonly #suspect: () => void;
  readonly #check: BackgroundCheck | undefined;
  readonly #folding: QuietFolding;
  readonly #writes: GroupCommit<Write>;
  /** Groups were written and not flushed. */
  #unflushed = false;
  #closing: Promise<void> | undefined;

  /** @param check under way since this opening, if there is one */
  constructor(
    database: Database,
    tables: StoreTables,
    lock: StoreLock,
    suspect: () => void,
    check: BackgroundCheck | undefined,
    runtime: Pick<Runtime, 'after'>,
  ) {
    this.#database = database;
    this.#tables = tables;
    this.#lock = lock;
    this.#suspect = suspect;
    this.#check = check;
    this.#folding = new QuietFolding(runtime, () => this.#foldOne());
    this.#writes = new GroupCommit(pack, (writes) => this.#write(writes));
    if (tables.search.backlog > 0) this.#folding.postpone();
  }

  get opened(): StoreOpening {
    return this.#tables.identity.opened;
  }

  get damaged(): readonly DamagedDocument[] {
    return this.#closing === undefined ? this.#tables.quarantine.damaged() : [];
  }

  async documents(): Promise<readonly StoredDocumentHead[]> {
    return this.#read(() => this.#tables.documents.heads());
  }

  async document(guid: Guid): Promise<StoredDocument | undefined> {
    return this.#read(() => this.#tables.documents.read(guid));
  }

  async envelopes(
    namespace: Namespace,
    ids: readonly RecordId[],
  ): Promise<readonly StoredEnvelope[]> {
    return this.#read(() => this.#tables.envelopes.ofRecords(namespace, ids));
  }

  async envelopesOf(guid: Guid): Promise<readonly StoredEnvelope[]> {
    return this.#read(() => this.#tables.envelopes.ofDocument(guid));
  }

  async record(namespace: Namespace, id: RecordId): Promise<StoredRecord | undefined> {
    return this.#read(() => this.#tables.records.get(namespace, id));
  }

  async recordByRef(namespace: Namespace, ref: string): Promise<StoredRecord | undefined> {
    return this.#read(() => this.#tables.records.byRef(namespace, ref));
  }

  async query(query: RecordQuery): Promise<readonly StoredRecord[]> {
    return this.#read(() => this.#tables.records.query(query));
  }

  async count(query: Omit<RecordQuery, 'limit' | 'before'>): Promise<number> {
    return this.#read(() => this.#tables.records.count(query));
  }

  async postings(query: PostingsQuery): Promise<Postings> {
    const search = (): Promise<Postings> => this.#read(() => this.#tables.search.search(query));
    await this.#catchUp();
    try {
      return await search();
    } catch (error) {
      if (!isIndexDamage(error)) throw error;
      this.#database.transaction(() => this.#tables.search.reset());
      this.#folding.postpone();
      await this.#catchUp();
      return search();
    }
  }

  async recordsBeside(places: readonly PlaceBeside[]): Promise<ReadonlyMap<number, StoredRecord>> {
    return this.#read(() => this.#tables.records.beside(places));
  }

  async thread(query: ThreadQuery): Promise<readonly StoredRecord[]> {
    return this.#read(() => this.#tables.records.thread(query));
  }

  get vectors(): VectorStore {
    const { vectors } = this.#tables.records;
    return {
      missing: (embedder, limit) =>
        this.#read(() => this.#tables.records.at(vectors.missing(embedder, limit))),
      put: (embedder, made) =>
        this.#read(() =>
          this.#database.transaction(() => {
            for (const one of made) vectors.put(embedder, one);
          }, 'later'),
        ),
      nearest: (query) => this.#read(() => vectors.nearest(query)),
    };
  }

  async recordsAt(slots: readonly number[]): Promise<ReadonlyMap<number, StoredRecord>> {
    return this.#read(() => this.#tables.records.at(slots));
  }

  async namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): Promise<readonly NamedBy[]> {
    return this.#read(() => this.#tables.references.namedBy(namespace, kind, targets));
  }

  async contestedTopics({
    namespaces,
    after,
    limit,
  }: Parameters<ReplicaStore['contestedTopics']>[0]): Promise<readonly TopicPlace[]> {
    return this.#read(() => this.#tables.references.contestedTopics(namespaces, after, limit));
  }

  async projections(): Promise<ReadonlyMap<Namespace, string>> {
    return this.#read(() => this.#tables.references.projections());
  }

  async syncState(): Promise<StoredSyncState> {
    return this.#read(() => this.#tables.sync.read());
  }

  async commit(batch: StoreBatch): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    return this.#writes.add({ batch, snapshots: [] });
  }

  async erase(guids: readonly Guid[]): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    await this.#writes.idle();
    if (this.#closing !== undefined) throw closed();
    try {
      const { quarantine, envelopes } = this.#tables;
      eraseFreed(this.#database, () => {
        quarantine.drop(guids);
        envelopes.dropUnnamedCommits();
      });
    } catch (error) {
      throw this.#failed(error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#check?.stop();
    this.#folding.stop();
    await this.#writes.idle();
    await this.#foldLast();
    try {
      // A check that was not finished begins anew with the next opening.
      if (this.#check === undefined || this.#check.done) this.#tables.identity.markClean();
    } catch (error) {
      // The next opening then takes the end for unclean and checks more; nothing is lost.
      this.#failed(error);
    } finally {
      this.#database.close();
      this.#lock.close();
    }
  }

  #write(writes: readonly Write[]): readonly unknown[] {
    try {
      const flush = writes.every(({ batch }) => batch.deferred) ? 'later' : 'now';
      const outcomes = this.#database.transaction(() => {
        if (this.#unflushed && flush === 'now') this.#tables.identity.touch();
        return this.#applyAll(writes);
      }, flush);
      this.#unflushed = flush === 'later';
      this.#adoptReplica(writes, outcomes);
      return outcomes;
    } catch (error) {
      this.#tables.search.forget();
      throw this.#failed(error);
    }
  }

  /** @returns true while more blocks wait to be indexed */
  #foldOne(): boolean {
    const { search } = this.#tables;
    try {
      if (search.backlog === 0) return false;
      this.#database.transaction(() => search.foldNext());
      return search.backlog > 0;
    } catch (error) {
      // Who writes or searches next meets the same and is told; nothing was promised to anybody here.
      this.#failed(error);
      search.forget();
      return false;
    }
  }

  /** What a burst of writes left is indexed by who wrote it: whoever opens next may search at once. */
  async #foldLast(): Promise<void> {
    for (let n = 0; n < BACKLOG_BLOCKS && this.#foldOne(); n++) await endOfTurn();
  }

  /** Builds what the search index lacks: all of it in a store of an older format, or after damage. */
  async #catchUp(): Promise<void> {
    while (this.#closing === undefined && this.#tables.search.backlog > BACKLOG_BLOCKS) {
      await this.#read(() => this.#database.transaction(() => this.#tables.search.foldNext()));
      await endOfTurn();
    }
  }

  /** A long run of writes leaves no time between; then the index grows with them. One that lacks far more waits for idle times. */
  #applyAll(writes: readonly Write[]): readonly unknown[] {
    const outcomes = writes.map((write) => this.#apply(write));
    const { search } = this.#tables;
    for (let n = search.backlog - BACKLOG_BLOCKS; n > 0 && n <= GROUP_BLOCKS; n--)
      search.foldNext();
    if (search.backlog > 0) this.#folding.postpone();
    return outcomes;
  }

  #apply({ batch, snapshots }: Write): unknown {
    const lost: { reason?: unknown } = {};
    try {
      this.#database.savepoint(() => {
        try {
          applyBatch(this.#tables, batch, snapshots);
        } catch (error) {
          const failure = this.#failed(error);
          // A refused batch is undone by itself. A failing store ends the whole group.
          if (!hasCode(failure, 'store_failed')) lost.reason = failure;
          throw failure;
        }
      });
      return undefined;
    } catch (error) {
      // Only this batch was undone; anything else ends the whole transaction.
      if (lost.reason === undefined || error !== lost.reason) throw error;
      this.#tables.search.forget();
      return error;
    }
  }

  #adoptReplica(writes: readonly Write[], outcomes: readonly unknown[]): void {
    const taken = writes
      .filter((write, i) => outcomes[i] === undefined && write.batch.replica !== undefined)
      .map((write) => write.batch.replica as ReplicaId)
      .at(-1);
    if (taken !== undefined) this.#tables.identity.adopt(taken);
  }

  async #read<T>(read: () => T | Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closed();
    try {
      return await read();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): MnemeshError {
    if (!isDamage(error) && !isUnreadable(error)) return sqliteError(error, this.#database.path);
    this.#suspect();
    return new MnemeshError(
      'store_failed',
      `${this.#database.path} is damaged. Close this mesh and open it again: the store is then repaired, and what it lost is fetched again.`,
      { cause: error },
    );
  }
}

function pack(write: Write): Promise<void> | undefined {
  const { snapshots = [] } = write.batch;
  if (snapshots.length === 0) return undefined;
  return packSnapshots(snapshots).then((packed) => {
    write.snapshots = packed;
  });
}

function isIndexDamage(error: unknown): boolean {
  return error instanceof MnemeshError && error.cause instanceof DamagedIndexError;
}

function closed(): MnemeshError {
  return new MnemeshError('closed', 'This store is closed. Open the mesh again.');
}
