import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import { openDatabase, storeError } from '@mnemesh/storage-indexeddb';
import { fetchUpdates, type IndexeddbPersistence } from 'y-indexeddb';
import { Doc } from 'yjs';
import { isDocument } from './document-database.js';

/**
 * The document in a database that y-indexeddb made, as it is now. Adds nothing to it.
 * @throws MnemeshError `bad_input` for a database that is not there, or holds no document; `store_failed`
 */
export async function readYDocument(
  factory: IDBFactory,
  name: string,
  runtime: Pick<Runtime, 'after'>,
): Promise<Doc> {
  const database = await openExisting(factory, name, runtime);
  const doc = new Doc();
  try {
    // Of a persistence it needs no more; a real one would add a row for having been opened.
    const source = { db: database, doc, _dbref: 0, _dbsize: 0, _destroyed: false };
    await fetchUpdates(source as unknown as IndexeddbPersistence);
    return doc;
  } catch (error) {
    doc.destroy();
    throw new MnemeshError(
      'bad_input',
      `The database "${name}" holds no document that Yjs can read: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}

async function openExisting(
  factory: IDBFactory,
  name: string,
  runtime: Pick<Runtime, 'after'>,
): Promise<IDBDatabase> {
  const databases = await factory.databases();
  if (!databases.some((one) => one.name === name)) throw notThere(name);
  try {
    // Deleted just now: it is not to be made again.
    const migrate = (): void => {
      throw notThere(name);
    };
    const database = await openDatabase(factory, name, runtime, { migrate });
    if (isDocument(database)) return database;
    database.close();
  } catch (error) {
    throw storeError(error);
  }
  throw new MnemeshError(
    'bad_input',
    `The database "${name}" is none of y-indexeddb: it has no stores "updates" and "custom".`,
  );
}

function notThere(name: string): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `This site has no database "${name}". indexedDB.databases() lists those it has.`,
  );
}
