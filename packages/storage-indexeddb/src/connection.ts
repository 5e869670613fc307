import { lostError, takenError } from './errors.js';
import { endCopies, passFence, takeGeneration } from './fence.js';
import type { Put, StoreName } from './schema.js';

/** One open database. Every transaction of the store goes through it. */
export class Connection {
  readonly #database: IDBDatabase;
  readonly #letGo: () => void;
  #lost = false;
  #taken = false;
  #generation: number | undefined;

  /**
   * @param onLost the browser closed the database, or another page asked for it to be closed
   * @param letGo the database is closed here
   */
  constructor(database: IDBDatabase, onLost: () => void, letGo: () => void = () => undefined) {
    this.#database = database;
    this.#letGo = letGo;
    const lost = (): void => {
      if (this.#lost) return;
      this.#lost = true;
      database.close();
      letGo();
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
    names: readonly StoreName[],
    read: (stores: (name: StoreName) => IDBObjectStore) => Promise<T>,
  ): Promise<T> {
    const transaction = this.#begin(names, 'readonly');
    return read((name) => transaction.objectStore(name));
  }

  /** Generation of every write; undefined until it is known. */
  get generation(): number | undefined {
    return this.#generation;
  }

  /** From now on every write fails once a later generation was taken. */
  writeAs(generation: number): void {
    this.#generation = generation;
  }

  /**
   * Takes a generation, with what else is to be written then.
   * @throws MnemeshError `store_in_use` when somebody else has taken it
   */
  async take(generation: number, puts: readonly Put[]): Promise<void> {
    const taking = takeGeneration(generation, () => {
      this.#taken = true;
    });
    await this.#write(['meta', 'fence'], 'strict', [taking, ...puts]);
    this.#generation = generation;
  }

  /** From now on whoever had the store before this generation was taken cannot write here. */
  endCopies(generation: number): Promise<void> {
    return this.#write(['fence'], 'strict', [endCopies(generation)]);
  }

  /**
   * What was seen of other databases before this is called was there while the store was not taken.
   * @throws MnemeshError `store_in_use` once a later generation was taken
   */
  async mustHold(): Promise<void> {
    if (this.#generation === undefined) return;
    const transaction = this.#begin(['fence'], 'readonly');
    const later = IDBKeyRange.lowerBound(this.#generation, true);
    const marks = result(transaction.objectStore('fence').count(later));
    // As in a write: whoever takes the store waits for nothing in this page.
    transaction.commit();
    if ((await marks) > 0) throw takenError();
  }

  /**
   * Writes in one transaction, and ends it at once: it waits for nothing in this page, so a page that is
   * busy or stopped keeps no other from writing.
   * @param durability `strict`: resolves when it is on the disk
   * @throws MnemeshError `store_in_use` once a later generation was taken
   */
  write(
    names: readonly StoreName[],
    durability: IDBTransactionDurability,
    puts: readonly Put[],
  ): Promise<void> {
    if (this.#generation === undefined) return this.#write(names, durability, puts);
    const passing = passFence(this.#generation, () => {
      this.#taken = true;
    });
    return this.#write([...names, 'fence'], durability, [passing, ...puts]);
  }

  #write(
    names: readonly StoreName[],
    durability: IDBTransactionDurability,
    puts: readonly Put[],
  ): Promise<void> {
    const transaction = this.#begin(names, 'readwrite', durability);
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(this.#taken ? takenError() : (transaction.error ?? this.#reason()));
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
    this.#letGo();
  }

  #begin(
    names: readonly StoreName[],
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
