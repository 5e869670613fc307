import type { ReplicaStoreOpener } from '@mnemesh/core';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { Connection } from './connection.js';
import { openContent, placeOf } from './content.js';
import { copyStore } from './copy-store.js';
import { Databases } from './databases.js';
import type { DocumentPlace } from './document-place.js';
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
  /** Where the bytes of documents are to lie. Default: in their rows. */
  readonly documents?: DocumentPlace;
  /** Finds the place of this name: asked when a store has its documents elsewhere than they are to lie. They are moved. */
  readonly findPlace?: (name: string) => Promise<DocumentPlace | undefined>;
}

/** Replica stores in the browser, one for each mesh of a site; at most one page has one open. */
export function openIndexedDbStore(options: IndexedDbStoreOptions): ReplicaStoreOpener {
  const { runtime, prefix = 'mnemesh', indexedDB = globalThis.indexedDB, documents } = options;
  return async (mesh, analyzer) => {
    const locks = options.locks ?? globalThis.navigator?.locks;
    const lock = await lockStore(locks, `${prefix}/${mesh}`);
    try {
      const databases = new Databases(indexedDB, { prefix, mesh }, runtime);
      let lost = (): void => undefined;
      const onLost = (): void => lost();
      const connection = await openMoved(databases, options, onLost);
      try {
        const content = await openContent(connection, runtime, documents?.name);
        const guids = new Set(content.documents.keys());
        if (documents !== undefined) await databases.tidyPlace(documents, { connection, guids });
        const place = documents;
        const parts = { databases, connection, content, lock, analyzer, place, log: runtime.log };
        const store = new IndexedDbStore(parts);
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

/** Opens the store with its documents where they are to lie, which moves them there when they lie elsewhere. */
async function openMoved(
  databases: Databases,
  options: IndexedDbStoreOptions,
  onLost: () => void,
): Promise<Connection> {
  const opened = await databases.open(onLost);
  try {
    const { isNew, place, left } = await placeOf(opened);
    if (left !== undefined) await leave(databases, opened, await options.findPlace?.(left));
    if (isNew || place === options.documents?.name) return opened;
    return await move(databases, opened, options, onLost);
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Copies the store, with its documents where they are to lie. */
async function move(
  databases: Databases,
  before: Connection,
  { documents, findPlace }: IndexedDbStoreOptions,
  onLost: () => void,
): Promise<Connection> {
  const { place } = await placeOf(before);
  const from = place === undefined ? undefined : await findPlace?.(place);
  if (place !== undefined && from === undefined) throw elsewhere(place);
  if (documents !== undefined) await databases.tidy(documents);
  const after = await databases.openNext(before, onLost);
  try {
    const ends = {
      from: from && databases.bytesOf(before, from),
      to: documents && databases.bytesOf(after, documents),
      place: documents?.name,
      left: place,
    };
    try {
      await copyStore(before, after, new Set(), ends);
    } finally {
      await Promise.all([ends.from?.close(), ends.to?.close()]);
    }
    before.close();
    await databases.dropOlder(after);
    await leave(databases, after, from);
    return after;
  } catch (error) {
    after.close();
    throw error;
  }
}

/** Deletes what lies where documents were moved from. */
async function leave(
  databases: Databases,
  connection: Connection,
  place: DocumentPlace | undefined,
): Promise<void> {
  if (place === undefined) return;
  await databases.tidy(place);
  await connection.write(['meta'], 'strict', [(stores) => stores('meta').delete('left')]);
}

function elsewhere(place: string): MnemeshError {
  return new MnemeshError(
    'store_failed',
    `The documents of this store lie in ${place} databases. Open the mesh with storage: '${place}'.`,
  );
}
