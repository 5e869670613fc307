import { lostError } from '@mnemesh/storage-indexeddb';

/** The stores that y-indexeddb keeps a document in: V1 updates under ascending numbers, and whatever a program adds. */
export type DocumentStore = 'updates' | 'custom';

export type DocumentStores = (name: DocumentStore) => IDBObjectStore;

/** One change of a document's database, made inside a transaction. */
export type DocumentPut = (stores: DocumentStores) => void;

/** One document's database, open. */
export class DocumentConnection {
  readonly #database: IDBDatabase;
  #lost = false;

  /** @param onLost the browser closed the database, or another page asked for it to be closed */
  constructor(database: IDBDatabase, onLost: () => void) {
    this.#database = database;
    const lost = (): void => {
      this.#lost = true;
      this.close();
      onLost();
    };
    database.onclose = lost;
    database.onversionchange = lost;
  }

  /** Reads in one transaction: all of it sees the same content. */
  async read<T>(read: (stores: DocumentStores) => Promise<T>): Promise<T> {
    const transaction = this.#begin('readonly');
    return read((name) => transaction.objectStore(name));
  }

  /** Resolves when it is on the disk. The transaction waits for nothing in this page, which may be busy or stopped. */
  async write(puts: readonly DocumentPut[]): Promise<void> {
    const transaction = this.#begin('readwrite');
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? aborted());
    });
    try {
      for (const put of puts) put((name) => transaction.objectStore(name));
      transaction.commit();
    } catch (error) {
      abort(transaction);
      await ended.catch(() => undefined);
      throw error;
    }
    await ended;
  }

  /** Transactions that have begun are finished. Idempotent. */
  close(): void {
    this.#database.onclose = null;
    this.#database.onversionchange = null;
    this.#database.close();
  }

  #begin(mode: IDBTransactionMode): IDBTransaction {
    if (this.#lost) throw lostError();
    return this.#database.transaction(['updates', 'custom'], mode, { durability: 'strict' });
  }
}

function aborted(): Error {
  return new Error('The transaction was aborted');
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended by itself, which is how it came to throw.
  }
}
