import type { ReplicaStoreOpener } from '@mnemesh/core';
import type { Runtime } from '@mnemesh/protocol';
import { openContent } from './content.js';
import { Databases } from './databases.js';
import { storeError } from './errors.js';
import { IndexedDbStore } from './indexeddb-store.js';
import { lockStore } from './store-lock.js';

export interface IndexedDbStoreOptions {
  readonly runtime: Pick<Runtime, 'randomBytes' | 'after' | 'log'>;
  /** What the names of databases begin with. Default `mnemesh`. */
  readonly prefix?: string;
  /** The browser's own by default. */
  readonly indexedDB?: IDBFactory;
  readonly locks?: LockManager;
}

/** Replica stores in the browser, one for each mesh of a site; at most one page has one open. */
export function openIndexedDbStore(options: IndexedDbStoreOptions): ReplicaStoreOpener {
  const { runtime, prefix = 'mnemesh', indexedDB = globalThis.indexedDB } = options;
  return async (mesh, analyzer) => {
    const locks = options.locks ?? globalThis.navigator?.locks;
    const lock = await lockStore(locks, `${prefix}/${mesh}`);
    try {
      const databases = new Databases(indexedDB, { prefix, mesh }, runtime);
      let lost = (): void => undefined;
      const connection = await databases.open(() => lost());
      try {
        const content = await openContent(connection, runtime);
        const store = new IndexedDbStore({ databases, connection, content, lock, analyzer });
        lost = () => store.lost();
        return store;
      } catch (error) {
        connection.close();
        throw error;
      }
    } catch (error) {
      lock.release();
      throw storeError(error);
    }
  };
}
