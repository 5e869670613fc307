import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MeshId } from '@mnemesh/protocol';
import { openDatabase } from '@mnemesh/sqlite';
import { replicaFile, suspicionOf } from './replica-file.js';

/** What a look from outside says of a replica's store. */
export type StoreFinding =
  | { readonly state: 'absent'; readonly path: string }
  | {
      readonly state: 'whole' | 'damaged';
      readonly path: string;
      readonly bytes: number;
      /** SQLite's own words when the file does not hold together. */
      readonly problem?: string;
      /** Documents of which rows were lost and have not been fetched again. */
      readonly damagedDocuments: number;
    };

/**
 * Reads a whole store as SQLite's `quick_check` does, beside whoever has it open. Changes nothing;
 * what is damaged is put right by the next opening.
 */
export function inspectSqliteStore(directory: string, mesh: MeshId): StoreFinding {
  const path = replicaFile(join(directory, mesh));
  if (!existsSync(path)) return { state: 'absent', path };
  const { size: bytes } = statSync(path);
  const suspected = existsSync(suspicionOf(path))
    ? 'An earlier opening met damage in it.'
    : undefined;
  try {
    const database = openDatabase(path, { readOnly: true });
    try {
      const verdict = String(database.pragma('quick_check(1)'));
      const damaged = database.prepare('SELECT count(*) AS n FROM damage').get<{ n: number }>();
      const damagedDocuments = damaged?.n ?? 0;
      const problem = verdict === 'ok' ? suspected : verdict;
      const isWhole = problem === undefined && damagedDocuments === 0;
      const more = problem === undefined ? {} : { problem };
      return { state: isWhole ? 'whole' : 'damaged', path, bytes, damagedDocuments, ...more };
    } finally {
      database.close();
    }
  } catch (error) {
    return {
      state: 'damaged',
      path,
      bytes,
      damagedDocuments: 0,
      problem: (error as Error).message,
    };
  }
}
