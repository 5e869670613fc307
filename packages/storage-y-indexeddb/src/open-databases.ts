import type { Guid, Runtime } from '@mnemesh/protocol';
import { deleteDatabase, storeError } from '@mnemesh/storage-indexeddb';
import type { DocumentConnection } from './document-connection.js';
import { openDocumentDatabase } from './document-database.js';

/** Documents whose databases are open at once: as many as a replica keeps loaded. Each costs the browser memory. */
export const OPEN_DATABASES = 64;

interface Entry {
  readonly opening: Promise<DocumentConnection>;
  users: number;
}

/** The databases of one store's documents: opened when they are needed, and closed when others are needed more. */
export class OpenDatabases {
  readonly #factory: IDBFactory;
  readonly #nameOf: (guid: Guid) => string;
  readonly #runtime: Pick<Runtime, 'after'>;
  /** Least recently used first. */
  readonly #entries = new Map<Guid, Entry>();
  readonly #waiting: (() => void)[] = [];

  constructor(
    factory: IDBFactory,
    nameOf: (guid: Guid) => string,
    runtime: Pick<Runtime, 'after'>,
  ) {
    this.#factory = factory;
    this.#nameOf = nameOf;
    this.#runtime = runtime;
  }

  /** @throws MnemeshError `store_failed` also when another page keeps it from opening */
  async use<T>(guid: Guid, use: (connection: DocumentConnection) => Promise<T>): Promise<T> {
    const entry = await this.#enter(guid);
    try {
      return await use(await entry.opening);
    } catch (error) {
      throw storeError(error);
    } finally {
      entry.users -= 1;
      await this.#makeRoom();
      this.#waiting.shift()?.();
    }
  }

  /** Deletes a document's database. @throws MnemeshError `store_failed` when another page keeps it; it may be deleted later all the same */
  async remove(guid: Guid): Promise<void> {
    await this.#closeEntry(guid);
    await deleteDatabase(this.#factory, this.#nameOf(guid), this.#runtime);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.keys()].map((guid) => this.#closeEntry(guid)));
  }

  async #enter(guid: Guid): Promise<Entry> {
    while (!this.#entries.has(guid) && this.#entries.size >= OPEN_DATABASES) {
      if (await this.#makeRoom(OPEN_DATABASES - 1)) continue;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const entry = this.#entries.get(guid) ?? { opening: this.#open(guid), users: 0 };
    entry.users += 1;
    this.#entries.delete(guid);
    this.#entries.set(guid, entry);
    return entry;
  }

  #open(guid: Guid): Promise<DocumentConnection> {
    // Closed underneath, or never opened: whoever needs it next opens it anew.
    const forget = (): void => {
      if (this.#entries.get(guid)?.opening === opening) this.#entries.delete(guid);
    };
    const opening = openDocumentDatabase(this.#factory, this.#nameOf(guid), this.#runtime, forget);
    opening.catch(forget);
    return opening;
  }

  /** Closes what nobody uses, the longest unused first. @returns whether that left as few as these */
  async #makeRoom(most = OPEN_DATABASES): Promise<boolean> {
    for (const [guid, { users }] of this.#entries) {
      if (this.#entries.size <= most) break;
      if (users === 0) await this.#closeEntry(guid);
    }
    return this.#entries.size <= most;
  }

  async #closeEntry(guid: Guid): Promise<void> {
    const entry = this.#entries.get(guid);
    this.#entries.delete(guid);
    const connection = await entry?.opening.catch(() => undefined);
    connection?.close();
  }
}
