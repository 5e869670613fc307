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
  readonly args: readonly unknown[];
  /** Of the record that it writes. */
  readonly namespace: string;
  readonly id: string;
  readonly session: string;
  /** What the session had been shown of the record and its topics. */
  readonly known: readonly {
    readonly namespace: string;
    readonly id: string;
    readonly context: Readonly<Record<string, Readonly<Record<string, number>>>>;
  }[];
  /** Milliseconds since the epoch: when it was promised. */
  readonly at: number;
  /** The session's clock on the record when its turn came. */
  readonly after?: number;
  /** The session that does it for a page that is gone. */
  readonly by?: string;
}

const STORE = 'intents';
/** 1 knew creations alone; a page of then must not do what it does not know. */
const FORMAT = 2;

/**
 * The intents of all pages of a site, in a database of their own: pages that do not lead have it open, and would
 * keep the store itself from being rewritten.
 */
export class IntentRows {
  readonly #connect: () => Promise<IDBDatabase>;
  /** Undefined after the browser, or a page of a later version, closed it. */
  #database: IDBDatabase | undefined;
  #opening: Promise<IDBDatabase> | undefined;
  #isClosed = false;

  private constructor(connect: () => Promise<IDBDatabase>) {
    this.#connect = connect;
  }

  /** @throws MnemeshError `store_failed` */
  static async open(
    mesh: MeshId,
    runtime: Pick<Runtime, 'after'>,
    { prefix = 'mnemesh' }: { readonly prefix?: string } = {},
  ): Promise<IntentRows> {
    const make = (database: IDBDatabase, from: number): void => {
      if (from === 0) database.createObjectStore(STORE, { keyPath: ['keeper', 'number'] });
    };
    const format = { version: FORMAT, migrate: make };
    const name = `${prefix}-intents/${mesh}`;
    const rows = new IntentRows(() =>
      openDatabase(globalThis.indexedDB, name, runtime, format).catch((error: unknown) => {
        throw storeError(error);
      }),
    );
    await rows.#opened();
    return rows;
  }

  /** Resolves when it is on the disk. Reads nothing, and waits for nobody. */
  put(row: IntentRow): Promise<void> {
    return this.#write((store) => store.put(row));
  }

  /** Resolves when they are off the disk. */
  remove(rows: readonly Pick<IntentRow, 'keeper' | 'number'>[]): Promise<void> {
    return this.#write((store) => {
      for (const { keeper, number } of rows) store.delete([keeper, number]);
    });
  }

  /**
   * In the order in which each keeper made them.
   * @param now milliseconds since the epoch: as of when a row counts that does not say
   */
  async all(now: number): Promise<readonly IntentRow[]> {
    const database = this.#database ?? (await this.#opened());
    const rows = database.transaction(STORE).objectStore(STORE).getAll();
    return (await result<IntentRow[]>(rows)).map((row) => completed(row, now));
  }

  close(): void {
    this.#isClosed = true;
    this.#database?.close();
  }

  async #write(write: (store: IDBObjectStore) => unknown): Promise<void> {
    const database = this.#database ?? (await this.#opened());
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(storeError(transaction.error));
      write(transaction.objectStore(STORE));
      transaction.commit();
    });
  }

  #opened(): Promise<IDBDatabase> {
    this.#opening ??= this.#connect()
      .then((database) => this.#adopt(database))
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  #adopt(database: IDBDatabase): IDBDatabase {
    const gone = (): void => {
      if (this.#database === database) this.#database = undefined;
    };
    database.onclose = gone;
    database.onversionchange = () => {
      database.close();
      gone();
    };
    this.#database = database;
    if (this.#isClosed) database.close();
    return database;
  }
}

/** A row of format 1 is a creation, of which nothing else was kept. */
function completed(
  row: Omit<IntentRow, 'id' | 'session' | 'known' | 'at'> & Partial<IntentRow>,
  now: number,
): IntentRow {
  const [, options] = row.args as readonly [unknown, { readonly id: string }?];
  const { id = options?.id ?? '', session = '', known = [], at = now } = row;
  return { ...row, id, session, known, at };
}
