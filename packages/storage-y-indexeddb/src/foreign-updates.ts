import { type NumberedBytes, type Put, result } from '@mnemesh/storage-indexeddb';
import type { DocumentConnection, DocumentStore } from './document-database.js';
import { isUpdate } from './updates.js';

/** Under which key of `custom` the highest number lies that a mesh wrote: what has a higher one is another program's. */
export const LAST = 'mnemesh';
/** Numbers that a mesh gives before it comes to what was moved out of its way. */
const ASIDE = 2 ** 24;

type Stores = Parameters<Put<DocumentStore>>[0];

/** Undefined in a database that no mesh wrote to. */
export function lastOf(stores: Stores): Promise<number | undefined> {
  return result<number | undefined>(stores('custom').get(LAST));
}

/** Other programs number what they add from where a mesh stopped: it makes way, far enough to do so once. */
export async function moveForeign(
  connection: DocumentConnection,
  last: number,
): Promise<readonly Put<DocumentStore>[]> {
  const near = IDBKeyRange.bound(last, last + ASIDE, true);
  const { keys, values } = await rowsIn(connection, near);
  return keys.map((key, n) => (stores) => {
    stores('updates').delete(key);
    stores('updates').put(values[n], key + ASIDE);
  });
}

/** What other programs added, as it lies once it is out of the way. */
export async function setForeignAside(
  connection: DocumentConnection,
): Promise<readonly NumberedBytes[]> {
  const last = (await connection.read(['custom'], lastOf)) ?? 0;
  const moves = await moveForeign(connection, last);
  if (moves.length > 0) await connection.write(['updates'], 'strict', moves);
  const { keys, values } = await rowsIn(connection, IDBKeyRange.lowerBound(last, true));
  return keys.flatMap((number, n) => {
    const bytes = values[n];
    return isUpdate(bytes) ? [{ number, bytes }] : [];
  });
}

async function rowsIn(
  connection: DocumentConnection,
  range: IDBKeyRange,
): Promise<{ readonly keys: readonly number[]; readonly values: readonly unknown[] }> {
  return connection.read(['updates'], async (stores) => {
    const [keys, values] = await Promise.all([
      result(stores('updates').getAllKeys(range)) as unknown as Promise<number[]>,
      result<unknown[]>(stores('updates').getAll(range)),
    ]);
    return { keys, values };
  });
}
