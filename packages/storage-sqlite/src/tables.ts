import { crc32 } from 'node:zlib';
import type { Database, Row, SqlValue } from '@mnemesh/sqlite';

/** What the code says of a table beside its definition: how its rows are checked, kept aside and carried over. */
export interface TableSpec {
  readonly name: string;
  readonly key: string;
  /** True when the writer chooses the key; it is then part of the checksum. */
  readonly keyGiven: boolean;
  /** Every column but key and checksum, in the order the checksum reads them. */
  readonly columns: readonly string[];
  /** The column that holds the number of the document a row belongs to. */
  readonly document: string | undefined;
}

const spec = (
  name: string,
  key: string,
  keyGiven: boolean,
  document: string | undefined,
  columns: readonly string[],
): TableSpec => ({ name, key, keyGiven, document, columns });

export const specs = {
  identity: spec('identity', 'one', true, undefined, ['replica', 'counter', 'nonce', 'clean']),
  documents: spec('documents', 'number', false, undefined, ['guid', 'namespace', 'segment']),
  updates: spec('updates', 'number', false, 'document', ['document', 'size', 'bytes']),
  snapshots: spec('snapshots', 'document', true, 'document', ['through', 'bytes']),
  commits: spec('commits', 'number', false, undefined, ['digest', 'bytes']),
  envelopes: spec('envelopes', 'number', false, 'document', [
    'document',
    'version',
    'id',
    'field',
    'agent',
    'session',
    'clock',
    'commit_number',
    'bytes',
  ]),
  records: spec('records', 'number', false, 'document', [
    'document',
    'namespace',
    'id',
    'collection',
    'created',
    'updated',
    'archived',
    'conflicted',
    'state',
    'ref',
    'thread',
    'position',
    'text',
    'view',
  ]),
  references: spec('record_references', 'number', false, 'document', [
    'document',
    'namespace',
    'id',
    'kind',
    'target',
  ]),
  projections: spec('projections', 'namespace', true, undefined, ['rules']),
  cursor: spec('cursor', 'one', true, undefined, ['incarnation', 'number', 'subscription']),
  known: spec('known', 'guid', true, undefined, ['state']),
  awaited: spec('awaited', 'number', false, undefined, ['guid', 'namespace', 'segment', 'bytes']),
} as const satisfies Record<string, TableSpec>;

/** Tables whose loss only means to ask the relay again. */
export const syncTables: readonly TableSpec[] = [specs.cursor, specs.known, specs.awaited];

/** A flipped bit can also make a number that no double holds, or bytes that do not inflate. */
export function isUnreadable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  return code === 'ERR_OUT_OF_RANGE' || (typeof code === 'string' && code.startsWith('Z_'));
}

/** Does the row hold what was written into it? */
export function isSound(table: TableSpec, row: Row): boolean {
  return row.checksum === checksumOf(table, row);
}

/** Above this factor a checksum repeats the number of the row's document, so that a damaged row still tells whose it was. */
const OWNER = 2 ** 32;

function checksumOf(table: TableSpec, row: Row): number {
  let text = table.keyGiven ? `${row[table.key]}\0` : '';
  let sum = 0;
  for (const column of table.columns) {
    const value = row[column];
    if (value instanceof Uint8Array) sum = crc32(value, sum);
    else text += value === null ? '\0' : `${value}\0`;
  }
  const owner = table.document === undefined ? 0 : Number(row[table.document]);
  return crc32(text, sum) + owner * OWNER;
}

/** The documents a damaged row may have belonged to. Two, when the damage is in the number itself. */
export function ownersOf(table: TableSpec, row: Row): readonly number[] {
  if (table.document === undefined) return [];
  const owners = [Number(row[table.document]), Math.floor(Number(row.checksum) / OWNER)];
  return [...new Set(owners)].filter((owner) => Number.isSafeInteger(owner));
}

/** Writes rows of one table, each with its checksum. */
export class TableWriter {
  readonly #database: Database;
  readonly #spec: TableSpec;
  readonly #insert: string;
  readonly #update: string;

  constructor(database: Database, table: TableSpec) {
    const { name, key, keyGiven, columns } = table;
    const written = [...(keyGiven ? [key] : []), ...columns, 'checksum'];
    this.#database = database;
    this.#spec = table;
    this.#insert = `INSERT${keyGiven ? ' OR REPLACE' : ''} INTO ${name} (${written}) VALUES (${written.map(() => '?')})`;
    this.#update = `UPDATE ${name} SET ${[...columns, 'checksum'].map((column) => `${column} = ?`)} WHERE ${key} = ?`;
  }

  /** A row whose writer chooses the key replaces the one that had it. @returns the row's key */
  insert(row: Row): number {
    const key = this.#spec.keyGiven ? [row[this.#spec.key] as SqlValue] : [];
    return this.#database.prepare(this.#insert).run(...key, ...this.#values(row)).lastInsertRowid;
  }

  /** For a row whose key was given to it before. */
  restore(key: number, row: Row): void {
    const names = [this.#spec.key, ...this.#spec.columns, 'checksum'];
    this.#database
      .prepare(`INSERT INTO ${this.#spec.name} (${names}) VALUES (${names.map(() => '?')})`)
      .run(key, ...this.#values(row));
  }

  update(key: number, row: Row): void {
    this.#database
      .prepare(this.#update)
      .run(...this.#values({ ...row, [this.#spec.key]: key }), key);
  }

  #values(row: Row): SqlValue[] {
    const values = this.#spec.columns.map((column) => row[column] as SqlValue);
    values.push(checksumOf(this.#spec, row));
    return values;
  }
}
