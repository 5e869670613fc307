import type { Cancel, Runtime } from '@mnemesh/protocol';
import { type Database, isDamage, type Row, type SqlValue } from '@mnemesh/sqlite';
import type { StoreTables } from './batch.js';
import type { Quarantine } from './quarantine.js';
import type { SearchIndex } from './search/search-index.js';
import { isSound, isUnreadable, specs, type TableSpec } from './tables.js';

/** Rows checked in one turn of the event loop: about two milliseconds. */
const SLICE_ROWS = 200;
/** Milliseconds between turns, so that the check takes a twentieth of a processor. */
const PAUSE_MS = 40;

const checkedTables: readonly TableSpec[] = [
  specs.snapshots,
  specs.updates,
  specs.commits,
  specs.envelopes,
  specs.records,
  specs.references,
];

/**
 * Reads every row of a large store once, a few at a time, after an end that was not orderly. Rows that
 * do not hold what was written into them are moved aside as a read would have done. A broken
 * file is only noted: the next opening looks at everything.
 */
export class BackgroundCheck {
  readonly #database: Database;
  readonly #quarantine: Quarantine;
  readonly #search: SearchIndex;
  readonly #runtime: Runtime;
  readonly #suspect: () => void;
  #table = 0;
  #reached: SqlValue = -1;
  #pause: Cancel | undefined;
  #done = false;

  constructor(
    database: Database,
    { quarantine, search }: Pick<StoreTables, 'quarantine' | 'search'>,
    runtime: Runtime,
    suspect: () => void,
  ) {
    this.#database = database;
    this.#quarantine = quarantine;
    this.#search = search;
    this.#runtime = runtime;
    this.#suspect = suspect;
  }

  /** Everything was read. */
  get done(): boolean {
    return this.#done;
  }

  start(): void {
    this.#pause = this.#runtime.after(PAUSE_MS, () => this.#next());
  }

  /** Idempotent. */
  stop(): void {
    this.#pause?.();
    this.#pause = undefined;
  }

  #next(): void {
    const table = checkedTables[this.#table];
    if (table === undefined) {
      this.#done = true;
      return;
    }
    try {
      this.#checkSlice(table);
      this.start();
    } catch (error) {
      if (isDamage(error) || isUnreadable(error)) this.#suspect();
      this.#runtime.log('warn', `checking ${this.#database.path} in the background ended early`, {
        error: String(error),
      });
    }
  }

  #checkSlice(table: TableSpec): void {
    const { name, key } = table;
    const rows = this.#database
      .prepare(`SELECT * FROM ${name} WHERE ${key} > ? ORDER BY ${key} LIMIT ${SLICE_ROWS}`)
      .all(this.#reached);
    const damaged = rows.filter((row) => !isSound(table, row));
    if (damaged.length > 0) this.#moveAside(table, damaged);
    if (rows.length === SLICE_ROWS) {
      this.#reached = rows.at(-1)?.[key] ?? null;
      return;
    }
    this.#table++;
    this.#reached = -1;
  }

  #moveAside(table: TableSpec, damaged: readonly Row[]): void {
    this.#database.transaction(() => {
      for (const row of damaged) this.#quarantine.take(table, row, 'checksum');
      if (table === specs.records) this.#search.reset();
    });
  }
}
