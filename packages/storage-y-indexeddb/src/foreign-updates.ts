import { type NumberedBytes, result } from '@mnemesh/storage-indexeddb';
import type { DocumentConnection, DocumentPut } from './document-connection.js';
import { FOREIGN_FROM, lastOf } from './numbers.js';
import { isUpdate } from './updates.js';

/** Other programs number what they add from where a mesh stopped: it makes way, once. */
export async function moveForeign(
  connection: DocumentConnection,
  last: number,
): Promise<readonly DocumentPut[]> {
  const near = IDBKeyRange.bound(last, FOREIGN_FROM, true, true);
  const { keys, values } = await rowsIn(connection, near);
  return keys.map((key, n) => (stores) => {
    stores('updates').delete(key);
    stores('updates').put(values[n], key + FOREIGN_FROM);
  });
}

/** What other programs added, as it lies once it is out of the way. */
export async function setForeignAside(
  connection: DocumentConnection,
): Promise<readonly NumberedBytes[]> {
  const last = (await connection.read(lastOf)) ?? 0;
  const moves = await moveForeign(connection, last);
  if (moves.length > 0) await connection.write(moves);
  const { keys, values } = await rowsIn(connection, IDBKeyRange.lowerBound(FOREIGN_FROM));
  return keys.flatMap((number, n) => {
    const bytes = values[n];
    return isUpdate(bytes) ? [{ number, bytes }] : [];
  });
}

async function rowsIn(
  connection: DocumentConnection,
  range: IDBKeyRange,
): Promise<{ readonly keys: readonly number[]; readonly values: readonly unknown[] }> {
  return connection.read(async (stores) => {
    const [keys, values] = await Promise.all([
      result(stores('updates').getAllKeys(range)) as unknown as Promise<number[]>,
      result<unknown[]>(stores('updates').getAll(range)),
    ]);
    return { keys, values };
  });
}
