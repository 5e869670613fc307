import { openIndexedDbStore } from '@mnemesh/storage-indexeddb';
import { plainAnalyzer } from '@mnemesh/testing/page';
import { answerCalls, pageRuntime, storeCalls } from '@mnemesh/testing-browser/page';
import { IndexeddbPersistence, storeState } from 'y-indexeddb';
import { Doc } from 'yjs';
import { openYIndexedDbStore, yIndexedDbPlace } from '../src/index.js';

const runtime = pageRuntime;

const isOpen = new Set<IDBDatabase>();
let mostOpen = 0;

/** What a program that knows nothing of the mesh does with a document's database. */
async function inStock<T>(
  name: string,
  use: (doc: Doc, persistence: IndexeddbPersistence) => T | Promise<T>,
): Promise<T> {
  const doc = new Doc();
  const persistence = new IndexeddbPersistence(name, doc);
  await persistence.whenSynced;
  const answer = await use(doc, persistence);
  await persistence.destroy();
  return answer;
}

/** Writes, and puts the whole state in the place of what there is, as it does after 500 updates. */
async function trim(persistence: IndexeddbPersistence, text: string): Promise<void> {
  const shared = persistence.doc.getText('text');
  shared.insert(shared.length, text);
  await storeState(persistence, true);
}

/** A program that stays open. */
let kept: IndexeddbPersistence | undefined;

answerCalls({
  ...storeCalls(
    (prefix, isLed) =>
      prefix.startsWith('rows:')
        ? openIndexedDbStore({
            runtime,
            isLed,
            prefix: prefix.slice('rows:'.length),
            findPlace: async () => yIndexedDbPlace({ runtime }),
          })
        : openYIndexedDbStore({ runtime, prefix, isLed }),
    plainAnalyzer,
  ),
  /** Another update takes the first one's place. */
  replaceFirst: async (name: string) => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    await new Promise<void>((resolve) => {
      const transaction = database.transaction('updates', 'readwrite');
      const updates = transaction.objectStore('updates');
      const keys = updates.getAllKeys();
      keys.onsuccess = () => updates.put(new Uint8Array([0, 0]), keys.result[0]);
      transaction.oncomplete = () => resolve();
    });
    database.close();
  },
  /** How many snapshots lie beside a document's updates, as they were handed over. */
  snapshots: async (name: string) => {
    const persistence = new IndexeddbPersistence(name, new Doc());
    await persistence.whenSynced;
    const keys = await new Promise<readonly IDBValidKey[]>((resolve) => {
      const custom = (persistence.db as IDBDatabase).transaction('custom').objectStore('custom');
      const all = custom.getAllKeys();
      all.onsuccess = () => resolve(all.result);
    });
    await persistence.destroy();
    return keys.filter((key) => typeof key === 'string' && key.startsWith('mnemesh snapshot'))
      .length;
  },
  /** From now on counts the databases of documents that are open at once. */
  countOpen: () => {
    const { open } = IDBFactory.prototype;
    const { close } = IDBDatabase.prototype;
    IDBFactory.prototype.open = function (this: IDBFactory, name: string, version?: number) {
      const request =
        version === undefined ? open.call(this, name) : open.call(this, name, version);
      request.addEventListener('success', () => {
        // Those of documents: the store has others, and opens them when it likes.
        if (!request.result.objectStoreNames.contains('custom')) return;
        isOpen.add(request.result);
        mostOpen = Math.max(mostOpen, isOpen.size);
      });
      return request;
    };
    IDBDatabase.prototype.close = function (this: IDBDatabase) {
      isOpen.delete(this);
      close.call(this);
    };
  },
  mostOpen: () => mostOpen,
  stockText: (name: string) => inStock(name, (doc) => doc.getText('text').toString()),
  stockTrim: (name: string, text: string) =>
    inStock(name, (_doc, persistence) => trim(persistence, text)),
  stockKeep: async (name: string) => {
    kept = new IndexeddbPersistence(name, new Doc());
    await kept.whenSynced;
  },
  stockTrimKept: (text: string) => trim(kept as IndexeddbPersistence, text),
  stockWrite: (name: string, text: string) =>
    inStock(name, (doc) => {
      const shared = doc.getText('text');
      shared.insert(shared.length, text);
    }),
});
