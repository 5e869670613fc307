import { MnemeshError } from '@mnemesh/protocol';
import type { Database } from '@mnemesh/sqlite';

/** One step of the migration chain: turns format `n` (its index) into `n + 1`, inside a transaction. */
export type Migration = (database: Database) => void;

/** Format 0 is an empty file. A step that was shipped is never changed; the next one is appended. */
export const logMigrations: readonly Migration[] = [createFirstFormat, addClaims, addEnds];

/**
 * Brings a log's file to the newest format, step by step, each durable before the next begins.
 * @throws MnemeshError `store_too_new` for a file that a later version wrote; nothing is changed
 */
export function migrate(
  database: Database,
  migrations: readonly Migration[] = logMigrations,
): number {
  const found = Number(database.pragma('user_version'));
  if (found > migrations.length) {
    throw new MnemeshError(
      'store_too_new',
      `${database.path} has format ${found}; this version reads up to ${migrations.length}. Install a newer mnemesh.`,
    );
  }
  for (let format = found; format < migrations.length; format++) {
    database.transaction(() => {
      migrations[format]?.(database);
      database.exec(`PRAGMA user_version = ${format + 1}`);
    });
  }
  return migrations.length;
}

/**
 * Bases and rows lie apart from the documents' heads, because every append rewrites a head and
 * SQLite rewrites all of a row it updates.
 */
function createFirstFormat(database: Database): void {
  database.exec(`
    CREATE TABLE opening (clean INTEGER NOT NULL) STRICT;
    INSERT INTO opening VALUES (1);
    CREATE TABLE meshes (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      head INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE incarnations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      mesh INTEGER NOT NULL,
      incarnation TEXT NOT NULL,
      first INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX incarnations_of_mesh ON incarnations (mesh, id);
    CREATE TABLE replicas (
      mesh INTEGER NOT NULL,
      replica TEXT NOT NULL,
      counter INTEGER NOT NULL,
      nonce TEXT NOT NULL,
      PRIMARY KEY (mesh, replica)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE documents (
      id INTEGER PRIMARY KEY,
      mesh INTEGER NOT NULL,
      guid TEXT NOT NULL,
      namespace TEXT NOT NULL,
      segment TEXT NOT NULL,
      last INTEGER NOT NULL,
      base_through INTEGER NOT NULL DEFAULT 0,
      base_bytes INTEGER NOT NULL DEFAULT 0,
      rows INTEGER NOT NULL DEFAULT 0,
      row_bytes INTEGER NOT NULL DEFAULT 0,
      hash TEXT NOT NULL,
      checksum INTEGER NOT NULL,
      state BLOB NOT NULL,
      UNIQUE (mesh, guid)
    ) STRICT;
    CREATE TABLE bases (
      document INTEGER PRIMARY KEY,
      checksum INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE updates (
      id INTEGER PRIMARY KEY,
      document INTEGER NOT NULL,
      number INTEGER NOT NULL,
      checksum INTEGER NOT NULL,
      body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX updates_of_document ON updates (document, number);
  `);
}

/** Segments that are over, for ever. `segment` is empty where `floor` says which. */
function addEnds(database: Database): void {
  database.exec(`
    CREATE TABLE ends (
      mesh INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      floor INTEGER NOT NULL,
      segment TEXT NOT NULL,
      PRIMARY KEY (mesh, namespace, floor, segment)
    ) STRICT, WITHOUT ROWID;
  `);
}

/**
 * Strict claims. A mesh is `open` from its first use in an opening until the log is closed in order; one
 * that is found open was cut off, and its claims are `in_doubt`.
 */
function addClaims(database: Database): void {
  database.exec(`
    CREATE TABLE claims (
      mesh INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      record TEXT NOT NULL,
      incarnation TEXT NOT NULL,
      number INTEGER NOT NULL,
      agent TEXT NOT NULL,
      session TEXT NOT NULL,
      until INTEGER NOT NULL,
      replaced INTEGER NOT NULL,
      PRIMARY KEY (mesh, namespace, record)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE meshes ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE meshes ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;
  `);
}
