import { MnemeshError } from '@mnemesh/protocol';
import { type Database, openDatabase } from '@mnemesh/sqlite';
import { deriveRecords } from './derive-records.js';
import {
  SCHEMA_1,
  SCHEMA_2,
  SCHEMA_REFERENCES,
  SCHEMA_THREADS,
  SCHEMA_UNSCRUBBED,
} from './schema.js';
import { resetSearch } from './search/search-index.js';

/** Takes a store from one format to the next, inside the transaction that also writes the new number. */
export type Migration = (database: Database) => void;

/** The step at index n leads from format n to n + 1; format 0 is an empty file. Steps are added, never changed. */
export const migrations: readonly Migration[] = [
  (database) => database.exec(SCHEMA_1),
  (database) => database.exec(SCHEMA_2),
  // The replica finds no note of a projection, and projects what is stored anew.
  (database) => database.exec(SCHEMA_REFERENCES),
  (database) => {
    database.exec(SCHEMA_THREADS);
    deriveRecords(database);
    resetSearch(database);
  },
  (database) => database.exec(SCHEMA_UNSCRUBBED),
];

export const FORMAT = migrations.length;

/**
 * Brings a store to the newest format of `chain`: each step is atomic, so a crash leaves a store of a whole format.
 * @throws MnemeshError `store_too_new` before anything was changed
 */
export function migrate(database: Database, chain: readonly Migration[] = migrations): void {
  const found = Number(database.pragma('user_version'));
  if (found > chain.length) {
    throw new MnemeshError(
      'store_too_new',
      `${database.path} has format ${found}; this version of Mnemesh reads up to ${chain.length}. Install the newer version that wrote it.`,
    );
  }
  for (let format = found; format < chain.length; format++) {
    database.transaction(() => {
      (chain[format] as Migration)(database);
      database.exec(`PRAGMA user_version = ${format + 1}`);
    });
  }
}

/** Are the tables and indexes those of this format? A flipped bit can rename a column. */
export function schemaHolds(database: Database): boolean {
  expectedSchema ??= newSchema();
  return describeSchema(database) === expectedSchema;
}

let expectedSchema: string | undefined;

function newSchema(): string {
  const fresh = openDatabase(':memory:');
  try {
    migrate(fresh);
    return describeSchema(fresh);
  } finally {
    fresh.close();
  }
}

function describeSchema(database: Database): string {
  return JSON.stringify(
    database
      .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name')
      .all(),
  );
}
