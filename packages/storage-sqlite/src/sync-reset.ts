import type { Database } from '@mnemesh/sqlite';
import { syncTables } from './tables.js';

/** After this, what the relay holds is unknown: everything is asked for, and offered, by state. */
export function forgetSync(database: Database): void {
  for (const { name } of syncTables) database.prepare(`DELETE FROM ${name}`).run();
  database.prepare('INSERT OR IGNORE INTO unacked (document) SELECT number FROM documents').run();
}
