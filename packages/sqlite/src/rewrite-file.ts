import { MnemeshError } from '@mnemesh/protocol';
import type { Database } from './database.js';
import { sqliteError } from './errors.js';

/**
 * Writes the whole file anew from what it holds, and empties its write-ahead log, so that nothing that
 * was deleted can be read from either. `secure_delete` alone would not do: when SQLite moves cells
 * between pages it leaves copies in the gaps. Atomic; needs free space of about twice the file, and
 * blocks for about 10 ms a megabyte.
 * @throws MnemeshError `store_failed`, retryable: no room, or another connection reads the file
 */
export function rewriteFile(database: Database): void {
  try {
    database.exec('VACUUM');
    // Answers (busy, frames in the log, frames copied).
    if (database.pragma('wal_checkpoint(TRUNCATE)') === 0) return;
  } catch (error) {
    const { code, message } = sqliteError(error, database.path);
    throw new MnemeshError(code, message, { retryable: true, cause: error });
  }
  throw new MnemeshError(
    'store_failed',
    `${database.path} is being read by another connection, so that deleted content is still in its write-ahead log. Close what reads it.`,
    { retryable: true },
  );
}
