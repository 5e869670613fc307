import {
  homeSegment,
  type MeshId,
  type Namespace,
  type RecordId,
  segmentGuid,
} from '@mnemesh/protocol';
import { type Database, isDamage, type Row, type SqlValue } from '@mnemesh/sqlite';
import type { Quarantine } from './quarantine.js';
import { resetSearch } from './search/search-index.js';
import { forgetSync } from './sync-reset.js';
import { isSound, isUnreadable, specs, syncTables, type TableSpec, TableWriter } from './tables.js';

/** A store up to this many bytes is checked whole at every opening: index entries and the checksum of every row. */
const FULL_CHECK_BYTES = 4 * 1024 * 1024;

/**
 * What an opening looks at. `documents`: only the rows that say which documents there are, for all else is
 * checked when it is read; see `BackgroundCheck` for what follows an end that was not orderly.
 */
export type CheckDepth = 'full' | 'documents';

/** @param suspected an earlier opening met damage while it read */
export function checkDepth(bytes: number, suspected: boolean): CheckDepth {
  return suspected || bytes <= FULL_CHECK_BYTES ? 'full' : 'documents';
}

/** True when the file holds together as a database. Indexes that disagree with their tables are built anew. */
export function fileHolds(database: Database): boolean {
  try {
    if (database.pragma('integrity_check(1)') === 'ok') return true;
    database.exec('REINDEX');
    return database.pragma('integrity_check(1)') === 'ok';
  } catch (error) {
    if (isDamage(error) || isConstraint(error)) return false;
    throw error;
  }
}

/** Moves rows whose checksum does not fit into quarantine. */
export function checkRows(
  database: Database,
  quarantine: Quarantine,
  depth: CheckDepth,
  mesh: MeshId,
): void {
  const checked = depth === 'full' ? contentTables : [specs.documents];
  const damaged = checked.flatMap((table) => damagedRows(database, table));
  takeAll(database, quarantine, damaged);
  if (depth === 'full') takeAll(database, quarantine, envelopesWithoutCommit(database));
  if (!damaged.some(({ table }) => table === specs.documents)) return;
  database.transaction(() => {
    restoreDocuments(database, mesh);
    forgetSync(database);
  });
}

function takeAll(database: Database, quarantine: Quarantine, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  database.transaction(() => {
    for (const { table, row, reason } of findings) quarantine.take(table, row, reason);
    if (findings.some(({ table }) => table === specs.records)) resetSearch(database);
  });
}

/** A document whose own row is lost is named again by its records, for their ids name its segment. */
export function restoreDocuments(database: Database, mesh: MeshId): void {
  const lost = database
    .prepare(
      'SELECT document, namespace, id FROM records WHERE document NOT IN (SELECT number FROM documents) GROUP BY document',
    )
    .all<{ document: number; namespace: Namespace; id: RecordId }>();
  const documents = new TableWriter(database, specs.documents);
  for (const { document, namespace, id } of lost) {
    const segment = homeSegment(id);
    const guid = segmentGuid(mesh, namespace, segment);
    const taken =
      database.prepare('SELECT 1 FROM documents WHERE guid = ?').get(guid) !== undefined;
    if (taken) continue;
    documents.restore(document, { guid, namespace, segment });
    database.prepare('INSERT OR IGNORE INTO damage (document, rows) VALUES (?, 1)').run(document);
  }
}

/** The identity is checked when it is taken up. */
const contentTables: readonly TableSpec[] = [
  specs.documents,
  specs.updates,
  specs.snapshots,
  specs.commits,
  specs.envelopes,
  specs.records,
  specs.references,
  specs.projections,
  ...syncTables,
];

interface Finding {
  readonly table: TableSpec;
  readonly row: Row;
  readonly reason: string;
}

function damagedRows(database: Database, table: TableSpec): readonly Finding[] {
  const findings: Finding[] = [];
  try {
    for (const row of database.prepare(`SELECT * FROM ${table.name}`).iterate()) {
      if (!isSound(table, row)) findings.push({ table, row, reason: 'checksum' });
    }
    return findings;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return damagedRowsOneByOne(database, table);
  }
}

/** For a table in which some row cannot even be read. */
function damagedRowsOneByOne(database: Database, table: TableSpec): readonly Finding[] {
  const { name, key } = table;
  const keys = database.prepare(`SELECT ${key} FROM ${name}`).all();
  return keys.flatMap((keyOnly) => {
    const value = keyOnly[key] as SqlValue;
    const row = readable(database, `SELECT * FROM ${name} WHERE ${key} = ?`, value);
    if (row !== undefined) return isSound(table, row) ? [] : [{ table, row, reason: 'checksum' }];
    const parts = [table.document ?? key, 'checksum'].map((column) =>
      readable(database, `SELECT ${column} FROM ${name} WHERE ${key} = ?`, value),
    );
    return [{ table, row: Object.assign({}, ...parts, keyOnly) as Row, reason: 'unreadable' }];
  });
}

function readable(database: Database, sql: string, key: SqlValue): Row | undefined {
  try {
    return database.prepare(sql).get(key);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return undefined;
  }
}

function envelopesWithoutCommit(database: Database): readonly Finding[] {
  return database
    .prepare('SELECT * FROM envelopes WHERE commit_number NOT IN (SELECT number FROM commits)')
    .all()
    .map((row) => ({ table: specs.envelopes, row, reason: 'its commit is damaged' }));
}

function isConstraint(error: unknown): boolean {
  return error instanceof Error && /constraint/i.test(error.message);
}
