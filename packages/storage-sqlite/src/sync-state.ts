import type { AwaitedDocument, RelayCursor, StoredSyncState } from '@mnemesh/core';
import type { Guid } from '@mnemesh/protocol';
import type { Database, Row } from '@mnemesh/sqlite';
import type { Quarantine } from './quarantine.js';
import { forgetSync } from './sync-reset.js';
import { isSound, specs, TableWriter } from './tables.js';

type CursorRow = RelayCursor & Row;
type KnownRow = { readonly guid: Guid; readonly state: Uint8Array } & Row;
type AwaitedRow = AwaitedDocument & { readonly number: number } & Row;

/** Cursor, known states and awaited documents. Any damage voids them all: they are only true together. */
export class SyncTables {
  readonly #database: Database;
  readonly #quarantine: Quarantine;
  readonly #cursor: TableWriter;
  readonly #known: TableWriter;
  readonly #awaited: TableWriter;

  constructor(database: Database, quarantine: Quarantine) {
    this.#database = database;
    this.#quarantine = quarantine;
    this.#cursor = new TableWriter(database, specs.cursor);
    this.#known = new TableWriter(database, specs.known);
    this.#awaited = new TableWriter(database, specs.awaited);
  }

  read(): StoredSyncState {
    const cursor = this.#database.prepare('SELECT * FROM cursor').get<CursorRow>();
    const known = this.#database.prepare('SELECT * FROM known').all<KnownRow>();
    const awaited = this.#database
      .prepare('SELECT * FROM awaited ORDER BY number')
      .all<AwaitedRow>();
    if (this.#quarantined(cursor, known, awaited)) return this.read();
    return {
      cursor: cursor && {
        incarnation: cursor.incarnation,
        number: cursor.number,
        subscription: cursor.subscription,
      },
      known: new Map(known.map(({ guid, state }) => [guid, state])),
      awaited: awaited.map(({ guid, namespace, segment, bytes }) => ({
        guid,
        namespace,
        segment,
        bytes,
      })),
    };
  }

  reset(): void {
    forgetSync(this.#database);
  }

  moveCursor({ incarnation, number, subscription }: RelayCursor): void {
    this.#cursor.insert({ one: 1, incarnation, number, subscription });
  }

  setKnown(guid: Guid, state: Uint8Array): void {
    this.#known.insert({ guid, state });
  }

  /** A document is gone. */
  forget(guid: Guid): void {
    this.dropAwaited(guid);
    this.#database.prepare('DELETE FROM known WHERE guid = ?').run(guid);
  }

  dropAwaited(guid: Guid): void {
    this.#database.prepare('DELETE FROM awaited WHERE guid = ?').run(guid);
  }

  await({ guid, namespace, segment, bytes }: AwaitedDocument): void {
    const place = this.#database
      .prepare('SELECT number FROM awaited WHERE guid = ?')
      .get<AwaitedRow>(guid);
    const row = { guid, namespace, segment, bytes };
    if (place === undefined) this.#awaited.insert(row);
    else this.#awaited.update(place.number, row);
  }

  #quarantined(
    cursor: CursorRow | undefined,
    known: readonly KnownRow[],
    awaited: readonly AwaitedRow[],
  ): boolean {
    const damaged = [
      ...(cursor === undefined || isSound(specs.cursor, cursor)
        ? []
        : [[specs.cursor, cursor] as const]),
      ...known
        .filter((row) => !isSound(specs.known, row))
        .map((row) => [specs.known, row] as const),
      ...awaited
        .filter((row) => !isSound(specs.awaited, row))
        .map((row) => [specs.awaited, row] as const),
    ];
    if (damaged.length === 0) return false;
    this.#database.transaction(() => {
      for (const [table, row] of damaged) this.#quarantine.take(table, row, 'checksum');
    });
    return true;
  }
}
