import { type ForeignState, type NumberedBytes, result } from '@mnemesh/storage-indexeddb';
import type { DocumentConnection, DocumentPut } from './document-connection.js';
import { FOREIGN_FROM, lastOf } from './numbers.js';
import { isState, isUpdate } from './updates.js';

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

/**
 * y-indexeddb writes a state under the next number, and then deletes all below a number that it read up to. Once what
 * others added was moved away, that number may be above ours: then it deletes updates that it never read.
 */
export async function foreignState(
  connection: DocumentConnection,
): Promise<ForeignState | undefined> {
  const last = await connection.read(lastOf);
  // Somebody deleted it, and it was begun anew.
  if (last === undefined) return undefined;
  const { keys, values } = await rowsIn(connection, IDBKeyRange.lowerBound(last, true));
  if (!isState(values[0])) return undefined;
  // The numbers that others get do not fall again: where one is low, nothing was ever moved away.
  return { updates: values.filter(isUpdate), isProven: (keys[0] as number) < FOREIGN_FROM };
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
