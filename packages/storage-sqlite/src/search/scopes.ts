import type { PostingsQuery } from '@mnemesh/core';
import type { Database, SqlValue } from '@mnemesh/sqlite';
import { checkBytes, checksum } from './damage.js';
import type { IndexedRecord } from './indexed-record.js';

type Scope = Pick<IndexedRecord, 'namespace' | 'collection' | 'archived'>;

interface ScopeRow {
  readonly number: number;
  readonly namespace: string;
  readonly collection: string;
  readonly archived: number;
  readonly records: number;
  readonly length: number;
  readonly checksum: number;
}

/** The scopes that a query's filters let through, and what they hold together. */
export interface AdmittedScopes {
  readonly numbers: ReadonlySet<number>;
  readonly records: number;
  readonly length: number;
}

const NO_BYTES = new Uint8Array(0);

/** Counts indexed records by what filters ask of them, so that statistics need not count them. */
export class ScopeTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws DamagedIndexError */
  admitted({ namespaces, collection, archived = false }: PostingsQuery): AdmittedScopes {
    const terms: string[] = [];
    const values: SqlValue[] = [];
    if (namespaces !== undefined) {
      terms.push(`namespace IN (${namespaces.map(() => '?')})`);
      values.push(...namespaces);
    }
    if (collection !== undefined) {
      terms.push('collection = ?');
      values.push(collection);
    }
    if (archived !== 'any') terms.push(`archived = ${Number(archived)}`);
    const where = terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
    const rows = this.#database
      .prepare(`SELECT * FROM search_scopes ${where}`)
      .all<ScopeRow>(...values);
    for (const row of rows) check(row);
    return {
      numbers: new Set(rows.map(({ number }) => number)),
      records: rows.reduce((sum, { records }) => sum + records, 0),
      length: rows.reduce((sum, { length }) => sum + length, 0),
    };
  }

  /** Counts records in or out. @returns the scope's number @throws DamagedIndexError */
  add(scope: Scope, records: number, length: number): number {
    const found = this.#find(scope);
    const changed = {
      ...scope,
      records: (found?.records ?? 0) + records,
      length: (found?.length ?? 0) + length,
    };
    const sum = checksum(textOf(changed), NO_BYTES);
    if (found !== undefined) {
      this.#database
        .prepare('UPDATE search_scopes SET records = ?, length = ?, checksum = ? WHERE number = ?')
        .run(changed.records, changed.length, sum, found.number);
      return found.number;
    }
    return this.#database
      .prepare(
        'INSERT INTO search_scopes (namespace, collection, archived, records, length, checksum) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(scope.namespace, scope.collection, scope.archived, changed.records, changed.length, sum)
      .lastInsertRowid;
  }

  #find({ namespace, collection, archived }: Scope): ScopeRow | undefined {
    const row = this.#database
      .prepare(
        'SELECT * FROM search_scopes WHERE namespace = ? AND collection = ? AND archived = ?',
      )
      .get<ScopeRow>(namespace, collection, archived);
    if (row !== undefined) check(row);
    return row;
  }
}

function check(row: ScopeRow): void {
  checkBytes('search_scopes', textOf(row), NO_BYTES, row.checksum);
}

function textOf(row: Omit<ScopeRow, 'number' | 'checksum'>): string {
  const { namespace, collection, archived, records, length } = row;
  return `${namespace}\n${collection}\n${archived}\n${records}\n${length}`;
}
