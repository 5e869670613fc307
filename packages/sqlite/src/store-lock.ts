import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';
import { createDirectory } from './directory.js';
import { engine, type NativeDatabase } from './engine.js';
import { isBusy, sqliteError } from './errors.js';

/** Exclusive use of one store's directory, for as long as this process lives or until it is closed. */
export interface StoreLock {
  /** Idempotent. */
  close(): void;
}

/** Never opened by anything but SQLite: on POSIX, closing any other handle of it in this process would drop the lock. */
const LOCK_FILE = 'lock.db';
/** For people and for the refusal's message; it decides nothing. */
const HOLDER_FILE = 'lock.pid';
/** How long to wait for a holder that has the lock but has not yet written its pid, in milliseconds. */
const ANNOUNCE_MS = 250;

/** Directories this process holds: advisory locks alone would not tell two engines or two loads of this module apart. */
const heldHere = holders();

/**
 * Locks a store's directory, creating it if need be. The lock is the operating system's, so that it
 * dies with its process, however that ends; a leftover file never blocks.
 * @throws MnemeshError `store_in_use`, naming the holder, after changing nothing; `store_failed`
 */
export function lockStore(directory: string): StoreLock {
  const place = placeOf(directory);
  if (heldHere.has(place)) throw inUse(directory, process.pid);
  const database = acquire(directory, place);
  heldHere.add(place);
  try {
    writeFileSync(join(place, HOLDER_FILE), `${process.pid}\n`);
  } catch (cause) {
    heldHere.delete(place);
    database.close();
    throw sqliteError(cause, directory);
  }
  return new HeldLock(place, database);
}

function placeOf(directory: string): string {
  try {
    return createDirectory(directory);
  } catch (cause) {
    throw sqliteError(cause, directory);
  }
}

function acquire(directory: string, place: string): NativeDatabase {
  const path = join(place, LOCK_FILE);
  let database: NativeDatabase | undefined;
  try {
    database = engine().open(path, false);
    if (tryLock(database, 0)) return database;
    const holder = livingHolder(place);
    if (holder !== undefined) throw inUse(directory, holder);
    if (tryLock(database, ANNOUNCE_MS)) return database;
    throw inUse(directory, livingHolder(place));
  } catch (error) {
    database?.close();
    throw sqliteError(error, path);
  }
}

function tryLock(database: NativeDatabase, waitMs: number): boolean {
  try {
    database.exec(`PRAGMA busy_timeout = ${waitMs}; BEGIN EXCLUSIVE`);
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

function livingHolder(place: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(place, HOLDER_FILE), 'utf8'), 10);
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: string }).code === 'EPERM';
  }
}

function inUse(directory: string, pid: number | undefined): MnemeshError {
  const holder =
    pid === process.pid
      ? `this process (pid ${pid})`
      : pid === undefined
        ? 'another process'
        : `process ${pid} (pid ${pid})`;
  return new MnemeshError(
    'store_in_use',
    `${directory} is in use by ${holder}. Close it there, or use another data directory.`,
    { retryable: true },
  );
}

function holders(): Set<string> {
  const key = Symbol.for('mnemesh.sqlite.held-stores');
  const scope = globalThis as { [key]?: Set<string> };
  scope[key] ??= new Set();
  return scope[key];
}

class HeldLock implements StoreLock {
  readonly #place: string;
  readonly #database: NativeDatabase;
  #held = true;

  constructor(place: string, database: NativeDatabase) {
    this.#place = place;
    this.#database = database;
  }

  close(): void {
    if (!this.#held) return;
    this.#held = false;
    try {
      rmSync(join(this.#place, HOLDER_FILE), { force: true });
    } catch {
      // A disk that became read-only, perhaps. A file that is left never blocks.
    }
    try {
      this.#database.close();
    } finally {
      heldHere.delete(this.#place);
    }
  }
}
