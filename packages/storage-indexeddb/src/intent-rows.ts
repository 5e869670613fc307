import type { MeshId, Runtime } from '@mnemesh/protocol';
import { result } from './connection.js';
import { storeError } from './errors.js';
import { openDatabase } from './open-database.js';

/** Something that a page promised to have done, and that is not known to be done. */
export interface IntentRow {
  /** Who promised it: one open mesh of one page. */
  readonly keeper: string;
  /** Its place among what it promised. */
  readonly number: number;
  /** Name of the agent. */
  readonly agent: string;
  /** `tasks.create` */
  readonly method: string;
  readonly namespace: string;
  readonly args: readonly unknown[];
  /** Of a change: who asked for it, and what they had been shown of its record. */
  readonly changes?: {
    readonly session: string;
    readonly known: {
      readonly namespace: string;
      readonly id: string;
      readonly context: Readonly<Record<string, Readonly<Record<string, number>>>>;
    };
  };
}

const STORE = 'intents';

/**
 * The intents of all pages of a site, in a database of their own: pages that do not lead have it open, and would
 * keep the store itself from being rewritten.
 */
export class IntentRows {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
    database.onversionchange = () => database.close();
  }

  /** @throws MnemeshError `store_failed` */
  static async open(
    mesh: MeshId,
    runtime: Pick<Runtime, 'after'>,
    { prefix = 'mnemesh' }: { readonly prefix?: string } = {},
  ): Promise<IntentRows> {
    const make = (database: IDBDatabase): void => {
      database.createObjectStore(STORE, { keyPath: ['keeper', 'number'] });
    };
    const format = { version: 1, migrate: make };
    try {
      const name = `${prefix}-intents/${mesh}`;
      return new IntentRows(await openDatabase(globalThis.indexedDB, name, runtime, format));
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Resolves when it is on the disk. Reads nothing, and waits for nobody. */
  add(row: IntentRow): Promise<void> {
    return this.#write((store) => store.add(row));
  }

  /** Resolves when it is off the disk: whatever is written of the same record after that cannot be undone by it. */
  remove({ keeper, number }: Pick<IntentRow, 'keeper' | 'number'>): Promise<void> {
    return this.#write((store) => store.delete([keeper, number]));
  }

  /** In the order in which each keeper made them. */
  async all(): Promise<readonly IntentRow[]> {
    return result<IntentRow[]>(this.#database.transaction(STORE).objectStore(STORE).getAll());
  }

  close(): void {
    this.#database.close();
  }

  #write(write: (store: IDBObjectStore) => unknown): Promise<void> {
    const transaction = this.#database.transaction(STORE, 'readwrite', { durability: 'strict' });
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(storeError(transaction.error));
      write(transaction.objectStore(STORE));
      transaction.commit();
    });
  }
}
