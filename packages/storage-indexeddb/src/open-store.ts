import type { ReplicaStoreOpener } from '@mnemesh/core';
import { Databases, type StoreRuntime } from './databases.js';
import { storeError } from './errors.js';
import { IndexedDbStore } from './indexeddb-store.js';
import { lockStore, requireLocks, type StoreLock } from './store-lock.js';

export interface IndexedDbStoreOptions {
  readonly runtime: StoreRuntime;
  /** What the names of databases begin with. Default `mnemesh`. */
  readonly prefix?: string;
  /** The browser's own by default. */
  readonly indexedDB?: IDBFactory;
  readonly locks?: LockManager;
  /** Whoever opens leads the pages of its site, by a lock of its own, so the store takes none. Default false. */
  readonly isLed?: boolean;
}

/** Replica stores in the browser, one for each mesh of a site; at most one page can write to one, the last to open it. */
export function openIndexedDbStore(options: IndexedDbStoreOptions): ReplicaStoreOpener {
  const { runtime, prefix = 'mnemesh', indexedDB = globalThis.indexedDB } = options;
  return async (mesh, analyzer) => {
    const locks = requireLocks(options.locks ?? globalThis.navigator?.locks);
    const lock = options.isLed ? unlocked : await lockStore(locks, `${prefix}/${mesh}`);
    try {
      const databases = new Databases(indexedDB, locks, { prefix, mesh }, runtime);
      let lost = (): void => undefined;
      const { connection, content } = await databases.open(() => lost());
      const store = new IndexedDbStore({ databases, connection, content, lock, analyzer });
      lost = () => store.lost();
      return store;
    } catch (error) {
      lock.release();
      throw storeError(error);
    }
  };
}

/** Whoever leads has a lock already. */
const unlocked: StoreLock = { release: () => undefined };
