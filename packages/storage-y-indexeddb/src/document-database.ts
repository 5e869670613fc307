import type { Runtime } from '@mnemesh/protocol';
import { openDatabase } from '@mnemesh/storage-indexeddb';
import { DocumentConnection } from './document-connection.js';

/**
 * Opens a document's database, or makes it as y-indexeddb would. One that lacks a store gets it, under the next
 * version, which y-indexeddb does not ask for.
 * @throws MnemeshError `store_failed` when another page keeps it from opening
 */
export async function openDocumentDatabase(
  factory: IDBFactory,
  name: string,
  runtime: Pick<Runtime, 'after'>,
  onLost: () => void,
): Promise<DocumentConnection> {
  const migrate = (database: IDBDatabase): void => {
    if (!database.objectStoreNames.contains('updates'))
      database.createObjectStore('updates', { autoIncrement: true });
    if (!database.objectStoreNames.contains('custom')) database.createObjectStore('custom');
  };
  const database = await openDatabase(factory, name, runtime, { migrate });
  if (isDocument(database)) return new DocumentConnection(database, onLost);
  const version = database.version + 1;
  database.close();
  const mended = await openDatabase(factory, name, runtime, { version, migrate });
  return new DocumentConnection(mended, onLost);
}

/** Has it the stores that y-indexeddb uses? One that has not makes stock y-indexeddb wait for ever. */
export function isDocument({ objectStoreNames }: IDBDatabase): boolean {
  return objectStoreNames.contains('updates') && objectStoreNames.contains('custom');
}
