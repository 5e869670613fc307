import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type MeshId, MnemeshError } from '@mnemesh/protocol';
import {
  type Database,
  flushDirectory,
  openDatabase,
  type Row,
  type SqlValue,
} from '@mnemesh/sqlite';
import { restoreDocuments } from './integrity.js';
import { migrate } from './migrations.js';
import { Quarantine } from './quarantine.js';
import { forgetSync } from './sync-reset.js';
import { isSound, specs, syncTables, type TableSpec } from './tables.js';

/** SQLite keeps parts of a database beside it. */
const PARTS = ['', '-wal', '-shm'] as const;
/** Rows that are looked up one by one where a table cannot be walked through. */
const PROBED_ROWS = 100_000;
/** Numbers left out after a salvage, because the highest one given may be among what was lost. */
const SKIPPED_NUMBERS = 10_000;
/** For each table whose numbers are never reused, where traces of the highest one may be. */
const HIGHEST_GIVEN = {
  updates: 'SELECT number FROM updates UNION ALL SELECT through FROM snapshots',
  documents:
    'SELECT number FROM documents UNION ALL SELECT document FROM updates UNION ALL SELECT document FROM envelopes',
  commits: 'SELECT number FROM commits',
} as const;

/**
 * Copies what is readable of a broken store into a new one and puts it in the old one's place. The old
 * file is kept beside it. Sync state is left behind, because it would claim what was lost.
 * @param open opens the new file
 * @returns where the old file is now
 * @throws when the copy could not be written whole; the old file is then as it was
 */
export function salvage(path: string, mesh: MeshId, open: (path: string) => Database): string {
  const unfinished = `${path}.unfinished`;
  remove(unfinished);
  try {
    copyTo(unfinished, path, mesh, open);
  } catch (error) {
    remove(unfinished);
    throw error;
  }
  rename(unfinished, salvaged(path));
  return finishSalvage(path) as string;
}

/**
 * Only the file itself takes the old one's place, and what was copied lies in the log beside it. Closing
 * moves it over too, but says nothing when there was no room for that.
 */
function copyTo(
  unfinished: string,
  path: string,
  mesh: MeshId,
  open: (path: string) => Database,
): void {
  const target = open(unfinished);
  try {
    migrate(target);
    copyReadable(path, target, mesh);
    // Answers (busy, frames in the log, frames copied).
    if (target.pragma('wal_checkpoint(TRUNCATE)') !== 0) throw notWhole(path);
  } finally {
    target.close();
  }
  if (bytesIn(`${unfinished}-wal`) > 0) throw notWhole(path);
}

function notWhole(path: string): MnemeshError {
  return new MnemeshError(
    'store_failed',
    `${path} is damaged, and what can be read of it could not be copied whole. It was left as it is; open the mesh again to try once more.`,
    { retryable: true },
  );
}

const bytesIn = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Completes a salvage that a crash cut short after the new file was whole. */
export function finishSalvage(path: string): string | undefined {
  if (!existsSync(salvaged(path))) return undefined;
  const kept = freeName(path);
  for (const part of PARTS) if (existsSync(path + part)) rename(path + part, kept + part);
  rename(salvaged(path), path);
  return kept;
}

const salvaged = (path: string): string => `${path}.salvaged`;

function freeName(path: string): string {
  for (let n = 1; ; n++) {
    const name = `${path}.damaged-${n}`;
    if (!PARTS.some((part) => existsSync(name + part))) return name;
  }
}

/** The damaged files that earlier salvages left beside a store, and what is left of one that was cut short. */
export function keptFiles(path: string): readonly string[] {
  const name = basename(path);
  const isKept = (file: string): boolean =>
    file.startsWith(`${name}.damaged-`) || file.startsWith(`${name}.unfinished`);
  return readdirSync(dirname(path))
    .filter(isKept)
    .map((file) => join(dirname(path), file));
}

function copyReadable(path: string, target: Database, mesh: MeshId): void {
  const source = openBroken(path);
  try {
    target.transaction(() => {
      const quarantine = new Quarantine(target);
      for (const table of Object.values(specs)) {
        if (!syncTables.includes(table) && source !== undefined)
          copyTable(source, target, table, quarantine);
      }
      settle(target, mesh);
    });
  } finally {
    source?.close();
  }
}

function openBroken(path: string): Database | undefined {
  try {
    return openDatabase(path, { readOnly: true });
  } catch {
    return undefined;
  }
}

function copyTable(
  source: Database,
  target: Database,
  table: TableSpec,
  quarantine: Quarantine,
): void {
  const names = [table.key, ...table.columns, 'checksum'];
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table.name} (${names}) VALUES (${names.map(() => '?')})`,
  );
  for (const row of readableRows(source, table)) {
    if (isSound(table, row)) insert.run(...names.map((name) => row[name] as SqlValue));
    else quarantine.keep(table, row, 'checksum');
  }
}

/** Walks from both ends to the broken places, and asks for the rows between them one by one. */
function* readableRows(source: Database, table: TableSpec): Generator<Row> {
  const up = { reached: -1 };
  if (yield* walk(source, table, 'ASC', up)) return;
  const down = { reached: up.reached + PROBED_ROWS };
  if (yield* walk(source, table, 'DESC', down, up.reached)) return;
  yield* probed(source, table, up.reached + 1, Math.min(down.reached, up.reached + PROBED_ROWS));
}

/** @returns true when nothing was in the way */
function* walk(
  source: Database,
  { name, key }: TableSpec,
  order: 'ASC' | 'DESC',
  at: { reached: number },
  until = -1,
): Generator<Row, boolean> {
  try {
    for (const row of source.prepare(`SELECT * FROM ${name} ORDER BY ${key} ${order}`).iterate()) {
      if (Number(row[key]) <= until) return true;
      at.reached = Number(row[key]);
      yield row;
    }
    return true;
  } catch {
    return false;
  }
}

function* probed(
  source: Database,
  { name, key }: TableSpec,
  from: number,
  to: number,
): Generator<Row> {
  for (let number = from; number < to; number++) {
    const row = probe(source, `SELECT * FROM ${name} WHERE ${key} = ?`, number);
    if (row !== undefined) yield row;
  }
}

function probe(source: Database, sql: string, number: number): Row | undefined {
  try {
    return source.prepare(sql).get(number);
  } catch {
    return undefined;
  }
}

/** What was lost may belong to any document, so every one counts as damaged. */
function settle(target: Database, mesh: MeshId): void {
  restoreDocuments(target, mesh);
  forgetSync(target);
  target.exec(`
    DELETE FROM envelopes WHERE commit_number NOT IN (SELECT number FROM commits);
    DELETE FROM commits WHERE number NOT IN (SELECT commit_number FROM envelopes);
    INSERT OR REPLACE INTO damage (document, rows) SELECT number, 1 FROM documents;
  `);
  for (const [table, highest] of Object.entries(HIGHEST_GIVEN)) {
    target.exec(`
      DELETE FROM sqlite_sequence WHERE name = '${table}';
      INSERT INTO sqlite_sequence (name, seq) SELECT '${table}', ${SKIPPED_NUMBERS} + COALESCE(MAX(number), 0) FROM (${highest});
    `);
  }
}

function remove(path: string): void {
  for (const part of PARTS) rmSync(path + part, { force: true });
}

function rename(from: string, to: string): void {
  renameSync(from, to);
  flushDirectory(dirname(to));
}
