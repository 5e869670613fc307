import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplicaStore } from '@mnemesh/core';
import { describeReplicaStore, type ReplicaStorePlace } from '@mnemesh/testing';
import { openSqliteStore } from '../src/index.js';
import { temporaryDirectory, testRuntime } from './fixtures.js';

describeReplicaStore('on SQLite', async (): Promise<ReplicaStorePlace> => {
  const { directory, remove } = temporaryDirectory();
  const opened: ReplicaStore[] = [];
  let crashes = 0;
  const place = (): string => join(directory, `${crashes}`);
  return {
    open: async (mesh, analyzer) => {
      const open = openSqliteStore({ directory: place(), runtime: testRuntime() });
      const store = await open(mesh, analyzer);
      opened.push(store);
      return store;
    },
    crash: async () => {
      const before = place();
      crashes++;
      for (const mesh of readdirSync(before))
        leaveAsCrashed(join(before, mesh), join(place(), mesh));
    },
    remove: async () => {
      for (const store of opened) await store.close();
      remove();
    },
  };
});

/** What a killed process leaves: the files as they are, without anything that closing would do. */
function leaveAsCrashed(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of ['replica.db', 'replica.db-wal']) {
    if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file));
  }
}
