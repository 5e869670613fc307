import { MnemeshError } from '@mnemesh/protocol';
import { type EngineName, engine, type NativeDatabase } from './engine.js';
import { sqliteError } from './errors.js';
import type { Row, SqlValue } from './sql-value.js';
import { PreparedStatement, type Statement } from './statement.js';

/** One connection. Synchronous, as SQLite is: keep statements short. Errors of SQLite pass through; `sqliteError` reads them. */
export interface Database {
  readonly path: string;
  readonly engine: EngineName;
  exec(sql: string): void;
  /** The same text gives the same statement; at most `STATEMENT_CACHE` are kept. */
  prepare(sql: string): Statement;
  /**
   * Runs `run` in one write transaction, rolled back when it throws. Does not nest. Durable when it
   * returns; or, flushed `later`, with the next transaction that is: until then a power cut may
   * undo the last ones that were flushed later, never one without all after it.
   */
  transaction<T>(run: () => T, flush?: 'now' | 'later'): T;
  /**
   * A part of a transaction that can fail alone. When `run` throws, only its changes are undone and the error is rethrown.
   * @throws MnemeshError `store_failed` when SQLite has already undone the whole transaction: let it end the transaction
   */
  savepoint<T>(run: () => T): T;
  /** The first value a pragma answers. */
  pragma(name: string): SqlValue | undefined;
  /** Idempotent. */
  close(): void;
}

export interface DatabaseOptions {
  /** Opens without creating, changing or locking anything for writing. */
  readonly readOnly?: boolean;
  /** How long a statement waits for another connection's lock, in milliseconds. */
  readonly busyMs?: number;
  /** Page cache of this connection, in KiB. */
  readonly cacheKiB?: number;
  /** KiB the write-ahead log may keep on disk after a checkpoint. */
  readonly walKiB?: number;
  /** No other connection may use the file, not even of this process; saves the file both share, and locks for each call. */
  readonly exclusive?: boolean;
  /** Pages freed in a file created so can be given back by `PRAGMA incremental_vacuum`. */
  readonly shrinks?: boolean;
  /** Told of every statement just before it runs; what it throws is thrown in the statement's place. */
  readonly beforeStatement?: (sql: string) => void;
}

/** Statements one connection keeps prepared. */
export const STATEMENT_CACHE = 200;
const WAL_KIB = 16 * 1024;
const BUSY_MS = 5000;
const CACHE_KIB = 8 * 1024;

/**
 * Opens, or creates, a database in WAL mode in which a transaction that has returned survives a power cut.
 * @throws MnemeshError `store_failed` when the file is no database, cannot be opened, or cannot be made durable
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const { readOnly = false, busyMs = BUSY_MS, cacheKiB = CACHE_KIB, beforeStatement } = options;
  const { name, open } = engine();
  let native: NativeDatabase;
  try {
    native = open(path, readOnly);
  } catch (cause) {
    throw sqliteError(cause, path);
  }
  const database = new Connection(path, name, native, beforeStatement);
  try {
    database.exec(
      `PRAGMA busy_timeout = ${busyMs}; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -${cacheKiB}`,
    );
    if (options.exclusive) database.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Before the write-ahead log, whose first page settles it.
    if (options.shrinks) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    if (!readOnly) makeDurable(database, options.walKiB ?? WAL_KIB);
    return database;
  } catch (cause) {
    database.close();
    throw sqliteError(cause, path);
  }
}

/**
 * On macOS a plain fsync leaves what it flushed in the drive's own cache, which a power cut empties;
 * `fullfsync` asks the drive for it too. On other systems it changes nothing.
 */
function makeDurable(database: Database, walKiB: number): void {
  const mode = database.pragma('journal_mode = WAL');
  database.exec(
    `PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA journal_size_limit = ${walKiB * 1024}`,
  );
  const synchronous = database.pragma('synchronous');
  const isFlushed =
    synchronous === 2 &&
    database.pragma('fullfsync') === 1 &&
    database.pragma('checkpoint_fullfsync') === 1;
  if (isFlushed && (mode === 'wal' || database.path === ':memory:')) return;
  throw new MnemeshError(
    'store_failed',
    `${database.path} cannot promise that what is saved stays saved (journal mode ${mode}, synchronous ${synchronous}). Put it on a local disk.`,
  );
}

class Connection implements Database {
  readonly path: string;
  readonly engine: EngineName;
  readonly #native: NativeDatabase;
  readonly #beforeStatement: ((sql: string) => void) | undefined;
  readonly #statements = new Map<string, Statement>();
  #open = true;
  #inTransaction = false;
  #flush: 'now' | 'later' = 'now';

  constructor(
    path: string,
    name: EngineName,
    native: NativeDatabase,
    beforeStatement: ((sql: string) => void) | undefined,
  ) {
    this.path = path;
    this.engine = name;
    this.#native = native;
    this.#beforeStatement = beforeStatement;
  }

  exec(sql: string): void {
    this.#beforeStatement?.(sql);
    this.#native.exec(sql);
  }

  prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = new PreparedStatement(this.#native.prepare(sql), sql, this.#beforeStatement);
    if (this.#statements.size >= STATEMENT_CACHE) {
      const [oldest] = this.#statements.keys();
      this.#statements.delete(oldest as string);
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  transaction<T>(run: () => T, flush: 'now' | 'later' = 'now'): T {
    if (this.#inTransaction) throw new Error('transactions do not nest; use savepoint');
    this.#flushes(flush);
    this.prepare('BEGIN IMMEDIATE').run();
    this.#inTransaction = true;
    try {
      const result = run();
      this.prepare('COMMIT').run();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** NORMAL still writes every transaction whole and in order to the log; it leaves out the flush. */
  #flushes(flush: 'now' | 'later'): void {
    if (this.#flush === flush) return;
    this.exec(`PRAGMA synchronous = ${flush === 'now' ? 'FULL' : 'NORMAL'}`);
    this.#flush = flush;
  }

  savepoint<T>(run: () => T): T {
    this.prepare('SAVEPOINT part').run();
    try {
      const result = run();
      this.prepare('RELEASE part').run();
      return result;
    } catch (error) {
      this.#undoSavepoint(error);
      throw error;
    }
  }

  pragma(name: string): SqlValue | undefined {
    const sql = `PRAGMA ${name}`;
    this.#beforeStatement?.(sql);
    const row = this.#native.prepare(sql).get() as Row | undefined;
    return row === undefined ? undefined : Object.values(row)[0];
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#statements.clear();
    if (!engine().closesStatements) this.#letGo();
    this.#native.close();
  }

  /** Ends by hand what closing would end: an open transaction with its lock, the write-ahead log, an exclusive lock. */
  #letGo(): void {
    for (const sql of [
      'ROLLBACK',
      'PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE',
      // The lock goes with the read that follows.
      'PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema',
    ]) {
      try {
        this.#native.exec(sql);
      } catch {
        // No transaction is open; or another connection uses the log, or this one only reads, and the log is not ours.
      }
    }
  }

  /** SQLite may have rolled back by itself (disk full, I/O). If a transaction were left open, the next one would not begin. */
  #rollBack(): void {
    try {
      this.prepare('ROLLBACK').run();
    } catch {
      // The reason for rolling back is what the caller must learn.
    }
  }

  #undoSavepoint(reason: unknown): void {
    try {
      this.prepare('ROLLBACK TO part').run();
      this.prepare('RELEASE part').run();
    } catch {
      throw new MnemeshError(
        'store_failed',
        `${this.path} could not be written; nothing of this write was kept.`,
        {
          cause: reason,
          retryable: true,
        },
      );
    }
  }
}
