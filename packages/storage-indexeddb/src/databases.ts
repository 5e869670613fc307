import type { Guid, MeshId, Runtime } from '@mnemesh/protocol';
import { MnemeshError } from '@mnemesh/protocol';
import { Connection } from './connection.js';
import { type Content, isWhole, readContent, takeStore } from './content.js';
import type { DocumentBytes, DocumentPlace } from './document-place.js';
import { blockedError } from './errors.js';
import { type DatabaseFormat, deleteDatabase, openDatabase } from './open-database.js';
import { FORMAT, migrate } from './schema.js';
import { isMarkedOpen, markOpen } from './store-lock.js';

export type StoreRuntime = Pick<Runtime, 'randomBytes' | 'after' | 'log'>;

export interface Opened {
  readonly connection: Connection;
  readonly content: Content;
}

/**
 * The databases of one store. There is one, but while the store is rewritten: then a second one is
 * filled, under the next number, and is the store as soon as it is whole.
 */
export class Databases {
  readonly #factory: IDBFactory;
  readonly #locks: LockManager;
  readonly #prefix: string;
  readonly #names: { readonly prefix: string; readonly mesh: MeshId };
  readonly #runtime: StoreRuntime;
  /** Marks that are being taken off databases which were open here. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(
    factory: IDBFactory,
    locks: LockManager,
    names: { readonly prefix: string; readonly mesh: MeshId },
    runtime: StoreRuntime,
  ) {
    this.#factory = factory;
    this.#locks = locks;
    this.#names = names;
    this.#prefix = `${names.prefix}/${names.mesh}/`;
    this.#runtime = runtime;
  }

  /**
   * Opens the store and takes it: from then on whoever had it open before cannot write any more.
   * @throws MnemeshError `store_in_use` when another page took it at the same moment
   */
  async open(onLost: () => void): Promise<Opened> {
    for (;;) {
      const connection = await this.#openWhole(onLost);
      try {
        const opened = await takeStore(connection, this.#runtime);
        if (await this.#endedCopies(connection, opened.counter, onLost)) {
          const content = { ...(await readContent(connection)), opened };
          await this.#tidyUp(() => this.dropOthers(connection));
          return { connection, content };
        }
        connection.close();
      } catch (error) {
        connection.close();
        throw error;
      }
    }
  }

  /**
   * An empty database that takes the store's place when it is whole.
   * @throws MnemeshError `store_in_use` when somebody took the store: it is left to them to delete what was made
   */
  async openNext(connection: Connection, onLost: () => void): Promise<Connection> {
    for (;;) {
      const [newest = 0] = await this.#numbers();
      const { connection: next, isNew } = await this.#openNumber(newest + 1, onLost);
      try {
        // Whoever takes the store after this finds the copy, and ends it.
        await connection.mustHold();
      } catch (error) {
        next.close();
        throw error;
      }
      if (connection.generation !== undefined) next.writeAs(connection.generation);
      if (isNew) return next;
      next.close();
    }
  }

  /** The newest whole database. */
  async #openWhole(onLost: () => void): Promise<Connection> {
    const numbers = await this.#numbers();
    const oldest = numbers.at(-1) ?? 1;
    for (const number of numbers) {
      if (number === oldest) break;
      const { connection } = await this.#openNumber(number, onLost);
      if (await isWholeOrClose(connection)) return connection;
    }
    return (await this.#openNumber(oldest, onLost)).connection;
  }

  /**
   * Whoever was copying the store when it was taken may be stopped, and go on. A copy that is begun later finds
   * that it was taken; see `openNext`. @returns false when one was finished after all: that one is the store
   */
  async #endedCopies(
    { name }: Connection,
    generation: number,
    onLost: () => void,
  ): Promise<boolean> {
    const current = this.#numberOf(name);
    for (const number of await this.#numbers()) {
      if (number <= current) break;
      const { connection: copy } = await this.#openNumber(number, onLost);
      try {
        await copy.endCopies(generation);
        if (await isWhole(copy)) return false;
      } finally {
        copy.close();
      }
    }
    return true;
  }

  /** The bytes of a store's documents, in this place. */
  bytesOf(connection: Connection, place: DocumentPlace): DocumentBytes {
    const number = this.#numberOf(connection.name);
    return place.at({ ...this.#names, number, generation: connection.generation ?? 0 });
  }

  /**
   * Deletes all that lies in this place, but for these documents of this store.
   * @throws when any of it may still be there, or somebody took the store
   */
  tidy(place: DocumentPlace, connection: Connection, guids?: ReadonlySet<Guid>): Promise<void> {
    const number = this.#numberOf(connection.name);
    const kept = guids && { number, guids };
    return place.tidy(this.#names, { kept, mustHold: () => connection.mustHold() });
  }

  /** The same, where the store is whole with what may still be there. */
  tidyPlace(...given: Parameters<Databases['tidy']>): Promise<void> {
    return this.#tidyUp(() => this.tidy(...given));
  }

  /** Deletes a database that is closed. */
  drop(connection: Connection): Promise<void> {
    return this.#delete(this.#numberOf(connection.name));
  }

  /** Deletes all that is not the store: what it was before it was rewritten into this, and copies of it. @throws when any of it may still be there, or somebody took the store */
  async dropOthers(connection: Connection): Promise<void> {
    const current = this.#numberOf(connection.name);
    const others = (await this.#numbers()).filter((number) => number !== current);
    // Of those who took it since, a later one may be the store.
    await connection.mustHold();
    const deletions = await Promise.allSettled(others.map((number) => this.#delete(number)));
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

  async #openNumber(
    number: number,
    onLost: () => void,
  ): Promise<{ readonly connection: Connection; readonly isNew: boolean }> {
    const name = `${this.#prefix}${number}`;
    const mark = await markOpen(this.#locks, name);
    const letGo = (): void => {
      mark.release();
      this.#leaving.set(name, mark.released);
    };
    try {
      let isNew = false;
      const format: DatabaseFormat = {
        version: FORMAT,
        migrate: (made, from) => {
          isNew = from === 0;
          migrate(made, from);
        },
      };
      const database = await openDatabase(this.#factory, name, this.#runtime, format);
      return { connection: new Connection(database, onLost, letGo), isNew };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  /**
   * A deletion that waits for a stopped page would keep everybody from opening that database: it is not
   * asked for while any has it open. @throws MnemeshError `store_failed` then
   */
  async #delete(number: number): Promise<void> {
    const name = `${this.#prefix}${number}`;
    await this.#leaving.get(name);
    if (await isMarkedOpen(this.#locks, name)) throw blockedError();
    await deleteDatabase(this.#factory, name, this.#runtime);
  }
}

async function isWholeOrClose(connection: Connection): Promise<boolean> {
  let isStore = false;
  try {
    isStore = await isWhole(connection);
    return isStore;
  } finally {
    if (!isStore) connection.close();
  }
}
