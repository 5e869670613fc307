import { rmSync } from 'node:fs';
import type { Database } from '@mnemesh/sqlite';
import { rewriteFile } from '@mnemesh/sqlite';
import { keptFiles } from './salvage.js';

/**
 * Leaves nothing on the disk of what earlier transactions deleted: not in free pages, not in gaps
 * within pages, not in the write-ahead log, not in rows or files that were kept aside as damaged.
 */
export function eraseFreed(database: Database, dropKeptRows: () => void): void {
  database.transaction(dropKeptRows);
  for (const file of keptFiles(database.path)) rmSync(file, { force: true });
  rewriteFile(database);
}
