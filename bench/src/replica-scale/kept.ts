import { closeSync, cpSync, fsyncSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseMeshId } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { openDatabase } from '@mnemesh/sqlite';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { MESH } from './shape.js';

/**
 * Where replicas of the store's present format are kept. One of an older format would be migrated by
 * the first opening, and what it holds would be laid out as no replica is today.
 */
export async function keptUnder(cache: string): Promise<string> {
  return join(cache, `format-${await storeFormat()}`);
}

/**
 * A copy to change: what is measured must not wear down what the next run takes. It is flushed, so
 * that no flush of the measured replica waits for the copying.
 */
export function copyOf(data: string): string {
  const copy = `${data}.copy`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(data, copy, { recursive: true });
  for (const entry of readdirSync(copy, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) flush(join(entry.parentPath, entry.name));
  return copy;
}

/** As an empty store has it: the store's package does not tell. */
async function storeFormat(): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-bench-format-'));
  try {
    const store = await openSqliteStore({ directory, runtime: nodeRuntime() })(parseMeshId(MESH));
    await store.close();
    const database = openDatabase(join(directory, MESH, 'replica.db'), { readOnly: true });
    const format = Number(database.pragma('user_version'));
    database.close();
    return format;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
