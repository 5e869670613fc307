import type { DamagedDocument } from '@mnemesh/core';
import { type Guid, toHex } from '@mnemesh/protocol';
import type { Database, Row, SqlValue } from '@mnemesh/sqlite';
import { forgetSync } from './sync-reset.js';
import { ownersOf, specs, syncTables, type TableSpec } from './tables.js';

/** Blobs up to this many bytes are written as hex beside the other fields. */
const INLINE_BYTES = 64;

/** Moves damaged rows out of the way and remembers which documents lack something. */
export class Quarantine {
  readonly #database: Database;
  /** Which opening found the row; 0 while a broken file is being copied. */
  #opening = 0;
  /** As last read. Asked for with every look at a mesh's status, and seldom anything but empty. */
  #damaged: readonly DamagedDocument[] | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  foundBy(opening: number): void {
    this.#opening = opening;
  }

  /** Takes one row out of its table. Call it inside a transaction. */
  take(table: TableSpec, row: Row, reason: string): void {
    this.keep(table, row, reason);
    this.#database
      .prepare(`DELETE FROM ${table.name} WHERE ${table.key} = ?`)
      .run(row[table.key] as SqlValue);
    if (table === specs.documents || syncTables.includes(table)) forgetSync(this.#database);
    if (table.document !== undefined) this.#markDamaged(ownersOf(table, row));
  }

  /** Writes down a row that is in no table. */
  keep(table: TableSpec, row: Row, reason: string): void {
    const blobs = table.columns
      .map((column) => row[column])
      .filter((value) => value instanceof Uint8Array);
    const large = blobs.filter((value) => value.length > INLINE_BYTES).at(-1) ?? null;
    const fields = JSON.stringify(row, (_, value) => {
      if (value === large && large !== null) return 'in bytes';
      if (typeof value === 'bigint') return value.toString();
      return value instanceof Uint8Array ? toHex(value) : value;
    });
    this.#database
      .prepare(
        'INSERT INTO quarantine (opening, found_in, reason, fields, bytes) VALUES (?, ?, ?, ?, ?)',
      )
      .run(this.#opening, table.name, reason, fields, large);
  }

  /** A row that no known document owns may have been anybody's. */
  #markDamaged(owners: readonly number[]): void {
    this.#damaged = undefined;
    const mark = this.#database.prepare(
      `INSERT INTO damage (document, rows) SELECT number, 1 FROM documents WHERE number = ?
       ON CONFLICT (document) DO UPDATE SET rows = rows + 1`,
    );
    const marked = owners.reduce((sum, owner) => sum + mark.run(owner).changes, 0);
    if (marked > 0) return;
    this.#database.exec(
      'INSERT OR IGNORE INTO damage (document, rows) SELECT number, 1 FROM documents',
    );
    forgetSync(this.#database);
  }

  /** Forgets what was kept aside of these documents, and what may have been of any. Inside a transaction. */
  drop(guids: readonly Guid[]): void {
    const drop = this.#database.prepare(
      `DELETE FROM quarantine WHERE json_extract(fields, '$.document') IS NULL
       OR json_extract(fields, '$.document') NOT IN (SELECT number FROM documents)
       OR json_extract(fields, '$.document') IN (SELECT number FROM documents WHERE guid = ?)`,
    );
    for (const guid of guids) drop.run(guid);
  }

  markRepaired(guid: Guid): void {
    this.#damaged = undefined;
    this.#database
      .prepare('DELETE FROM damage WHERE document = (SELECT number FROM documents WHERE guid = ?)')
      .run(guid);
  }

  damaged(): readonly DamagedDocument[] {
    this.#damaged ??= this.#database
      .prepare(
        'SELECT d.guid, m.rows FROM damage m JOIN documents d ON d.number = m.document ORDER BY d.number',
      )
      .all<DamagedDocument & Row>()
      .map(({ guid, rows }) => ({ guid, rows }));
    return this.#damaged;
  }
}
