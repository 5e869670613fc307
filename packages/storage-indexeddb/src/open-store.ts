import type { ReplicaStoreOpener } from '@mnemesh/core';
import { Databases, type StoreRuntime } from './databases.js';
import type { DocumentPlace } from './document-place.js';
import { storeError } from './errors.js';
import { IndexedDbStore } from './indexeddb-store.js';
import { openAtPlace } from './move-documents.js';
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
  /** Called when a write was refused because there was no room. */
  readonly onFull?: () => void;
  /** Where the bytes of documents are to lie. Default: in their rows. */
  readonly documents?: DocumentPlace;
  /** Finds the place of this name: asked when a store has its documents elsewhere than they are to lie. They are moved. */
  readonly findPlace?: (name: string) => Promise<DocumentPlace | undefined>;
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
      const opened = await openAtPlace(databases, options, () => lost());
      const { documents: place, onFull } = options;
      const store = new IndexedDbStore({
        ...opened,
        databases,
        lock,
        analyzer,
        place,
        log: runtime.log,
        onFull,
      });
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
