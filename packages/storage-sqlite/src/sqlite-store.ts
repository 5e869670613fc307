import { writeFileSync } from 'node:fs';
import type {
  DamagedDocument,
  RecordQuery,
  ReplicaStore,
  StoreBatch,
  StoredDocument,
  StoredDocumentHead,
  StoredEnvelope,
  StoredRecord,
  StoredSyncState,
  StoreOpening,
} from '@mnemesh/core';
import {
  type Guid,
  hasCode,
  MnemeshError,
  type Namespace,
  type RecordId,
  type ReplicaId,
} from '@mnemesh/protocol';
import { type Database, isDamage, type StoreLock, sqliteError } from '@mnemesh/sqlite';
import { applyBatch, type StoreTables } from './batch.js';
import { type PackedSnapshot, packSnapshots } from './documents.js';
import { GroupCommit } from './group-commit.js';
import { isUnreadable } from './tables.js';

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
  /** Written when a read meets damage, so that the next opening looks at everything. */
  readonly #suspicion: string;
  readonly #writes: GroupCommit<Write>;
  #closing: Promise<void> | undefined;

  constructor(database: Database, tables: StoreTables, lock: StoreLock, suspicion: string) {
    this.#database = database;
    this.#tables = tables;
    this.#lock = lock;
    this.#suspicion = suspicion;
    this.#writes = new GroupCommit(pack, (writes) => this.#write(writes));
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

  async syncState(): Promise<StoredSyncState> {
    return this.#read(() => this.#tables.sync.read());
  }

  async commit(batch: StoreBatch): Promise<void> {
    if (this.#closing !== undefined) throw closed();
    return this.#writes.add({ batch, snapshots: [] });
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#writes.idle();
    try {
      this.#tables.identity.markClean();
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
      const outcomes = this.#database.transaction(() => writes.map((write) => this.#apply(write)));
      this.#adoptReplica(writes, outcomes);
      return outcomes;
    } catch (error) {
      throw this.#failed(error);
    }
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
      if (lost.reason !== undefined && error === lost.reason) return error;
      throw error;
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

  #suspect(): void {
    try {
      writeFileSync(this.#suspicion, '');
    } catch {
      // Without the note the next opening checks as usual.
    }
  }
}

function pack(write: Write): Promise<void> | undefined {
  const { snapshots = [] } = write.batch;
  if (snapshots.length === 0) return undefined;
  return packSnapshots(snapshots).then((packed) => {
    write.snapshots = packed;
  });
}

function closed(): MnemeshError {
  return new MnemeshError('closed', 'This store is closed. Open the mesh again.');
}
