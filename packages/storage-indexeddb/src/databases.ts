import type { MeshId, Runtime } from '@mnemesh/protocol';
import { MnemeshError } from '@mnemesh/protocol';
import { Connection, type Put } from './connection.js';
import { isWhole } from './content.js';
import { deleteDatabase, openDatabase } from './open-database.js';

/** Number of a database that holds nothing of anybody's; stores begin at 1. */
const SCRATCH = 0;
/** Together more than Chromium holds in memory (4 MB), each less than it keeps in a file of its own (64 kB). */
const FILL_ROWS = 100;
const FILL_ROW_BYTES = 60_000;

/**
 * The databases of one store. There is one, but while the store is rewritten: then a second one is
 * filled, under the next number, and is the store as soon as it is whole.
 */
export class Databases {
  readonly #factory: IDBFactory;
  readonly #prefix: string;
  readonly #runtime: Pick<Runtime, 'after' | 'randomBytes'>;

  constructor(
    factory: IDBFactory,
    { prefix, mesh }: { readonly prefix: string; readonly mesh: MeshId },
    runtime: Pick<Runtime, 'after' | 'randomBytes'>,
  ) {
    this.#factory = factory;
    this.#prefix = `${prefix}/${mesh}/`;
    this.#runtime = runtime;
  }

  /** Opens the store, and deletes what a crash left of copies of it. */
  async open(onLost: () => void): Promise<Connection> {
    const [newest = 1, ...older] = await this.#numbers();
    const connection = new Connection(await this.#openNumber(newest), onLost);
    try {
      if (older.length > 0 && !(await isWhole(connection))) {
        connection.close();
        await this.#delete(newest);
        return await this.open(onLost);
      }
      for (const number of older) await this.#delete(number);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** An empty database that takes the store's place when it is whole. */
  async openNext(connection: Connection, onLost: () => void): Promise<Connection> {
    const next = this.#numberOf(connection.name) + 1;
    // What an earlier attempt left.
    await this.#delete(next);
    return new Connection(await this.#openNumber(next), onLost);
  }

  /**
   * Deletes a database that is closed, and its bytes from the files. Chromium rewrites a file when it deletes
   * a database that lies in it, but not what it still held in memory: so that is pushed out to a file first.
   */
  async dropForGood(connection: Connection): Promise<void> {
    const scratch = new Connection(await this.#openNumber(SCRATCH), () => undefined);
    try {
      await this.#fill(scratch);
      await this.#delete(this.#numberOf(connection.name));
    } finally {
      scratch.close();
      await this.#delete(SCRATCH);
    }
  }

  async #fill(scratch: Connection): Promise<void> {
    const rows = Array.from({ length: FILL_ROWS }, () => this.#runtime.randomBytes(FILL_ROW_BYTES));
    const puts = rows.map(
      (row, n): Put =>
        (stores) =>
          stores('meta').put(row, n),
    );
    await scratch.write(['meta'], 'strict', puts);
  }

  /** Newest first. @throws MnemeshError `store_failed` where the browser does not tell */
  async #numbers(): Promise<readonly number[]> {
    if (typeof this.#factory.databases !== 'function') {
      throw new MnemeshError(
        'store_failed',
        'This browser is too old to keep a mesh: it cannot list its databases. Use a newer one.',
      );
    }
    const all = await this.#factory.databases();
    return all
      .flatMap(({ name = '' }) => (name.startsWith(this.#prefix) ? [this.#numberOf(name)] : []))
      .sort((a, b) => b - a);
  }

  #numberOf(name: string): number {
    return Number(name.slice(this.#prefix.length));
  }

  #openNumber(number: number): Promise<IDBDatabase> {
    return openDatabase(this.#factory, `${this.#prefix}${number}`, this.#runtime);
  }

  #delete(number: number): Promise<void> {
    return deleteDatabase(this.#factory, `${this.#prefix}${number}`, this.#runtime);
  }
}
