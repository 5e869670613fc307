import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Analyzer, ReplicaStore, ReplicaStoreOpener } from '@mnemesh/core';
import type { MeshId, Runtime } from '@mnemesh/protocol';
import {
  type Database,
  isDamage,
  lockStore,
  openDatabase,
  type StoreLock,
  sqliteError,
} from '@mnemesh/sqlite';
import { BackgroundCheck } from './background-check.js';
import type { StoreTables } from './batch.js';
import { DocumentTables } from './documents.js';
import { EnvelopeTables } from './envelopes.js';
import { endedClean, Identity } from './identity.js';
import { type CheckDepth, checkDepth, checkRows, fileHolds } from './integrity.js';
import { migrate, schemaHolds } from './migrations.js';
import { Quarantine } from './quarantine.js';
import { RecordTable } from './records.js';
import { ReferenceTables } from './references.js';
import { replicaFile, suspicionOf } from './replica-file.js';
import { finishSalvage, salvage } from './salvage.js';
import { SearchIndex } from './search/search-index.js';
import { SqliteReplicaStore } from './sqlite-store.js';
import { SyncTables } from './sync-state.js';

export interface SqliteStoreOptions {
  /** Holds one directory for each mesh. Created when missing. */
  readonly directory: string;
  readonly runtime: Runtime;
  /** Opens the database file, and the copy made of a broken one; tests make it fail. */
  readonly open?: (path: string) => Database;
}

/** Replica stores on SQLite, one file for each mesh. */
export function openSqliteStore(options: SqliteStoreOptions): ReplicaStoreOpener {
  return async (mesh, analyzer) => openReplicaStore(options, mesh, analyzer);
}

function openReplicaStore(
  { directory, runtime, open = openDatabase }: SqliteStoreOptions,
  mesh: MeshId,
  analyzer: Analyzer | undefined,
): ReplicaStore {
  const place = join(directory, mesh);
  const path = replicaFile(place);
  const lock = lockStore(place);
  const attempt = (): ReplicaStore =>
    start(openWhole(path, open, mesh, runtime), lock, mesh, runtime, analyzer);
  try {
    finishSalvage(path);
    try {
      return attempt();
    } catch (error) {
      if (!isDamage(error)) throw error;
      // A shallow check let it pass; the second attempt looks at everything.
      noteSuspicion(path);
      return attempt();
    }
  } catch (error) {
    lock.close();
    throw sqliteError(error, path);
  }
}

interface CheckedDatabase {
  readonly database: Database;
  readonly depth: CheckDepth;
  /** The last opening ended with `close`. */
  readonly clean: boolean;
}

/** A database whose file holds together: the one that is there, or what could be saved of it. */
function openWhole(
  path: string,
  open: (path: string) => Database,
  mesh: MeshId,
  runtime: Runtime,
): CheckedDatabase {
  const found = openIfWhole(path, open);
  if (found !== undefined) return found;
  const kept = salvage(path, mesh, open);
  rmSync(suspicionOf(path), { force: true });
  runtime.log(
    'warn',
    `${path} was damaged. What could be read was saved; the damaged file is kept as ${kept}.`,
    {
      mesh,
    },
  );
  return { database: open(path), depth: 'full', clean: true };
}

function openIfWhole(path: string, open: (path: string) => Database): CheckedDatabase | undefined {
  const bytes = existsSync(path) ? statSync(path).size : 0;
  let database: Database | undefined;
  try {
    database = open(path);
    migrate(database);
    if (schemaHolds(database)) {
      const depth = checkDepth(bytes, existsSync(suspicionOf(path)));
      if (bytes === 0 || depth === 'documents' || fileHolds(database))
        return { database, depth, clean: endedClean(database) };
    }
    database.close();
    return undefined;
  } catch (error) {
    database?.close();
    if (isDamage(error)) return undefined;
    throw error;
  }
}

function start(
  { database, depth, clean }: CheckedDatabase,
  lock: StoreLock,
  mesh: MeshId,
  runtime: Runtime,
  analyzer: Analyzer | undefined,
): ReplicaStore {
  try {
    const tables = openTables(database, runtime, analyzer);
    checkRows(database, tables.quarantine, depth, mesh);
    tables.search.check(depth === 'full');
    rmSync(suspicionOf(database.path), { force: true });
    const suspect = (): void => noteSuspicion(database.path);
    const isTrusted = depth === 'full' || clean;
    const check = isTrusted ? undefined : new BackgroundCheck(database, tables, runtime, suspect);
    check?.start();
    return new SqliteReplicaStore(database, tables, lock, suspect, check, runtime);
  } catch (error) {
    database.close();
    throw error;
  }
}

function openTables(
  database: Database,
  runtime: Runtime,
  analyzer: Analyzer | undefined,
): StoreTables {
  const quarantine = new Quarantine(database);
  const identity = new Identity(database, quarantine, runtime);
  const documents = new DocumentTables(database, quarantine);
  const envelopes = new EnvelopeTables(database, documents, quarantine);
  const search = new SearchIndex(database, analyzer);
  const references = new ReferenceTables(database, documents);
  const records = new RecordTable(database, documents, quarantine, search, references);
  const sync = new SyncTables(database, quarantine);
  return { quarantine, identity, documents, envelopes, records, references, search, sync };
}

/** The next opening then looks at everything. */
function noteSuspicion(path: string): void {
  try {
    writeFileSync(suspicionOf(path), '');
  } catch {
    // Without the note the next opening checks as usual.
  }
}
