import type { Guid, MeshId, Runtime } from '@mnemesh/protocol';
import { MnemeshError } from '@mnemesh/protocol';
import { Connection } from './connection.js';
import { isWhole } from './content.js';
import type { DocumentBytes, DocumentPlace } from './document-place.js';
import { deleteDatabase, openDatabase } from './open-database.js';
import { FORMAT, migrate } from './schema.js';

/**
 * The databases of one store. There is one, but while the store is rewritten: then a second one is
 * filled, under the next number, and is the store as soon as it is whole.
 */
export class Databases {
  readonly #factory: IDBFactory;
  readonly #prefix: string;
  readonly #names: { readonly prefix: string; readonly mesh: MeshId };
  readonly #runtime: Pick<Runtime, 'after' | 'log'>;

  constructor(
    factory: IDBFactory,
    names: { readonly prefix: string; readonly mesh: MeshId },
    runtime: Pick<Runtime, 'after' | 'log'>,
  ) {
    this.#factory = factory;
    this.#names = names;
    this.#prefix = `${names.prefix}/${names.mesh}/`;
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
      if (older.length > 0) await this.#tidyUp(() => this.dropOlder(connection));
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

  /** The bytes of a store's documents, in this place. */
  bytesOf(connection: Connection, place: DocumentPlace): DocumentBytes {
    return place.at({ ...this.#names, number: this.#numberOf(connection.name) });
  }

  /** Deletes all that lies in this place, but for these documents of this store. @throws when any of it may still be there */
  tidy(
    place: DocumentPlace,
    kept?: { readonly connection: Connection; readonly guids: ReadonlySet<Guid> },
  ): Promise<void> {
    if (kept === undefined) return place.tidy(this.#names);
    const { connection, guids } = kept;
    return place.tidy(this.#names, { number: this.#numberOf(connection.name), guids });
  }

  /** The same, where the store is whole with what may still be there. */
  tidyPlace(...given: Parameters<Databases['tidy']>): Promise<void> {
    return this.#tidyUp(() => this.tidy(...given));
  }

  /** Deletes a database that is closed. */
  drop(connection: Connection): Promise<void> {
    return this.#delete(this.#numberOf(connection.name));
  }

  /** Deletes all that the store was before it was rewritten into this. @throws when any of it may still be there */
  async dropOlder(connection: Connection): Promise<void> {
    const current = this.#numberOf(connection.name);
    const older = (await this.#numbers()).filter((number) => number < current);
    const deletions = await Promise.allSettled(older.map((number) => this.#delete(number)));
    const failed = deletions.find((deletion) => deletion.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** The store is whole without this: what could not be erased is erased again by whoever asked for it. */
  async #tidyUp(tidy: () => Promise<void>): Promise<void> {
    try {
      await tidy();
    } catch (error) {
      this.#runtime.log('warn', 'an older copy of the store could not be deleted', {
        error: String(error),
      });
    }
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
    const name = `${this.#prefix}${number}`;
    return openDatabase(this.#factory, name, this.#runtime, { version: FORMAT, upgrade: migrate });
  }

  #delete(number: number): Promise<void> {
    return deleteDatabase(this.#factory, `${this.#prefix}${number}`, this.#runtime);
  }
}
