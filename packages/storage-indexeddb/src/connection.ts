import { lostError } from './errors.js';
import type { StoreName } from './schema.js';

/** One change of a store's content, made inside a transaction. */
export type Put<Name extends string = StoreName> = (stores: (name: Name) => IDBObjectStore) => void;

/** One open database. Every transaction of the store goes through it. */
export class Connection<Name extends string = StoreName> {
  readonly #database: IDBDatabase;
  #lost = false;

  /** @param onLost the browser closed the database, or another page asked for it to be closed */
  constructor(database: IDBDatabase, onLost: () => void) {
    this.#database = database;
    const lost = (): void => {
      if (this.#lost) return;
      this.#lost = true;
      database.close();
      onLost();
    };
    database.onclose = lost;
    database.onversionchange = lost;
  }

  get name(): string {
    return this.#database.name;
  }

  /** Reads in one transaction: all of it sees the same content. */
  async read<T>(
    names: readonly Name[],
    read: (stores: (name: Name) => IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    const transaction = this.#begin(names, 'readonly');
    return read((name) => transaction.objectStore(name));
  }

  /**
   * Writes in one transaction, and ends it at once: it waits for nothing in this page, so a page that is
   * busy or stopped keeps no other from writing.
   * @param durability `strict`: resolves when it is on the disk
   */
  write(
    names: readonly Name[],
    durability: IDBTransactionDurability,
    puts: readonly Put<Name>[],
  ): Promise<void> {
    const transaction = this.#begin(names, 'readwrite', durability);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? this.#reason());
    });
    try {
      for (const put of puts) put((name) => transaction.objectStore(name));
      transaction.commit();
    } catch (error) {
      abort(transaction);
      return ended.then(
        () => Promise.reject(error),
        () => Promise.reject(error),
      );
    }
    return ended;
  }

  /** Transactions that have begun are finished. Idempotent. */
  close(): void {
    this.#database.onclose = null;
    this.#database.onversionchange = null;
    this.#database.close();
  }

  #begin(
    names: readonly Name[],
    mode: IDBTransactionMode,
    durability: IDBTransactionDurability = 'default',
  ): IDBTransaction {
    if (this.#lost) throw lostError();
    return this.#database.transaction([...names], mode, { durability });
  }

  #reason(): Error {
    return this.#lost ? lostError() : new Error('The transaction was aborted');
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended by itself, which is how it came to throw.
  }
}

/** The result of a request. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A key of several parts; byte strings are keys too. */
export function keyOf(...parts: readonly (string | number | Uint8Array)[]): IDBValidKey {
  return parts as unknown as IDBValidKey;
}

/** Every key that begins with these parts. */
export function beginningWith(...parts: readonly IDBValidKey[]): IDBKeyRange {
  // An array comes after every number, text and byte string.
  return IDBKeyRange.bound(parts, [...parts, []]);
}
