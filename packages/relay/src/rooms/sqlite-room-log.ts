import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { MnemeshError } from '@mnemesh/protocol';
import { createDirectory, type Database, isBusy, openDatabase, sqliteError } from '@mnemesh/sqlite';
import { type RoomLimits, roomLimits } from './room-limits.js';
import type {
  NewRoomBase,
  RoomBase,
  RoomBaseBody,
  RoomLog,
  RoomRow,
  StoredRoom,
} from './room-log.js';

export interface SqliteRoomLogOptions {
  /** Directory of the log; created with the first write. */
  readonly directory: string;
  readonly limits?: Partial<Pick<RoomLimits, 'freedPages'>>;
  /** Opens the database file; tests watch it, or make it fail. */
  readonly open?: (path: string) => Database;
}

const FILE = 'rooms.db';
const FORMAT = 1;
/** Pages of this connection, in KiB: a base is read once and goes to a socket, so caching it gains nothing. */
const CACHE_KIB = 1024;
/** KiB of the write-ahead log that stay on disk after a checkpoint. */
const WAL_KIB = 1024;

/**
 * Opens a room log in one SQLite file, which is created with its first room.
 * @throws MnemeshError `store_in_use`, `store_too_new`, `store_failed`
 */
export async function openSqliteRoomLog(options: SqliteRoomLogOptions): Promise<RoomLog> {
  const log = new SqliteRoomLog(options);
  log.openIfThere();
  return log;
}

/** Every call is one synchronous statement or transaction. */
class SqliteRoomLog implements RoomLog {
  readonly #options: SqliteRoomLogOptions;
  readonly #path: string;
  readonly #freedPages: number;
  #database: Database | undefined;
  #closed = false;

  constructor(options: SqliteRoomLogOptions) {
    this.#options = options;
    this.#path = join(options.directory, FILE);
    this.#freedPages = options.limits?.freedPages ?? roomLimits.freedPages;
  }

  /** Opening takes some flushes of the disk, which no client should wait for. */
  openIfThere(): void {
    this.#read(() => undefined);
  }

  async read(room: string): Promise<StoredRoom | undefined> {
    return this.#read((db) => {
      const base = this.#baseOf(db, room);
      const rows = db
        .prepare('SELECT number, body, checksum FROM rows WHERE room = ? ORDER BY number')
        .all<{ number: number; body: Uint8Array; checksum: number }>(room)
        .map(({ number, body, checksum }) => ({
          number,
          update: this.#check(body, checksum, room),
        }));
      return base === undefined && rows.length === 0 ? undefined : { base, rows };
    });
  }

  async base(room: string): Promise<RoomBaseBody | undefined> {
    return this.#read((db) => {
      const base = db
        .prepare('SELECT through, body, checksum FROM bases WHERE room = ?')
        .get<{ through: number; body: Uint8Array; checksum: number }>(room);
      if (base === undefined) return undefined;
      return { through: base.through, update: this.#check(base.body, base.checksum, room) };
    });
  }

  async append(rows: readonly RoomRow[]): Promise<void> {
    this.#write((db) => {
      const insert = db.prepare(
        'INSERT INTO rows (room, number, checksum, body) VALUES (?, ?, ?, ?)',
      );
      for (const { room, number, update } of rows) {
        insert.run(room, number, crc32(update), update);
      }
    });
  }

  async putBase(room: string, { through, update, state }: NewRoomBase): Promise<void> {
    this.#write((db) => {
      db.prepare(
        `INSERT OR REPLACE INTO bases (room, through, bytes, state, state_checksum, checksum, body)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ).run(room, through, update.length, state, crc32(state), crc32(update), update);
      db.prepare('DELETE FROM rows WHERE room = ? AND number <= ?').run(room, through);
    });
    this.#giveBack();
  }

  async rooms(): Promise<readonly string[]> {
    const names = this.#read((db) =>
      db.prepare('SELECT room FROM bases UNION SELECT room FROM rows').all<{ room: string }>(),
    );
    return (names ?? []).map(({ room }) => room);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#database?.close();
    this.#database = undefined;
  }

  #baseOf(db: Database, room: string): RoomBase | undefined {
    const base = db
      .prepare('SELECT through, bytes, state, state_checksum AS checksum FROM bases WHERE room = ?')
      .get<RoomBase & { readonly checksum: number }>(room);
    if (base === undefined) return undefined;
    const { through, bytes, state, checksum } = base;
    return { through, bytes, state: this.#check(state, checksum, room) };
  }

  /** What folding freed goes back to the disk, a bounded part at a time. The fold itself is durable already. */
  #giveBack(): void {
    const database = this.#database as Database;
    try {
      database.exec(`PRAGMA incremental_vacuum(${this.#freedPages})`);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // A full or failing disk: the next write meets it too, and is the one to tell.
    }
  }

  #check(bytes: Uint8Array, checksum: number, room: string): Uint8Array {
    if (crc32(bytes) === checksum) return bytes;
    throw new MnemeshError(
      'store_failed',
      `${this.#path} holds a damaged row of room "${room}". Put a backup in its place, or move it away: clients bring their state again.`,
    );
  }

  #read<T>(run: (database: Database) => T): T | undefined {
    this.#checkOpen();
    try {
      if (this.#database === undefined && !existsSync(this.#path)) return undefined;
      return run(this.#opened());
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }

  #write(run: (database: Database) => void): void {
    this.#checkOpen();
    try {
      const database = this.#opened();
      database.transaction(() => run(database));
    } catch (error) {
      throw sqliteError(error, this.#path);
    }
  }

  #opened(): Database {
    if (this.#database !== undefined) return this.#database;
    createDirectory(this.#options.directory);
    this.#database = openExclusively(this.#path, this.#options.open ?? openRooms);
    return this.#database;
  }

  #checkOpen(): void {
    if (this.#closed) throw new MnemeshError('closed', 'The room log is closed.');
  }
}

function openRooms(path: string): Database {
  return openDatabase(path, {
    busyMs: 0,
    cacheKiB: CACHE_KIB,
    walKiB: WAL_KIB,
    exclusive: true,
    shrinks: true,
  });
}

/** @throws MnemeshError `store_in_use`, `store_too_new`, `store_failed` */
function openExclusively(path: string, open: (path: string) => Database): Database {
  let database: Database | undefined;
  try {
    database = open(path);
    createFormat(database);
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error) || (error instanceof Error && isBusy(error.cause))) throw inUse(path, error);
    throw error;
  }
}

function createFormat(database: Database): void {
  const found = Number(database.pragma('user_version'));
  if (found > FORMAT) {
    throw new MnemeshError(
      'store_too_new',
      `${database.path} has format ${found}; this version reads up to ${FORMAT}. Install a newer mnemesh.`,
    );
  }
  if (found === FORMAT) return;
  database.transaction(() => {
    // The body comes last, so that reading the rest of a row reads none of its pages.
    database.exec(`
      CREATE TABLE bases (
        room TEXT NOT NULL PRIMARY KEY,
        through INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        state_checksum INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        state BLOB NOT NULL,
        body BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE rows (
        room TEXT NOT NULL,
        number INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (room, number)
      ) STRICT, WITHOUT ROWID;
      PRAGMA user_version = ${FORMAT};
    `);
  });
}

function inUse(path: string, cause: unknown): MnemeshError {
  return new MnemeshError(
    'store_in_use',
    `${path} is in use by another process. Close it there, or use another data directory.`,
    { retryable: true, cause },
  );
}
