import type { Guid } from '@mnemesh/protocol';
import { CarriedBytes, type CarriedRow, type CarryEnds } from './carried-bytes.js';
import { Changes } from './changes.js';
import { type Connection, result } from './connection.js';
import type { StoreName } from './schema.js';

/** Rows copied in one transaction: more would hold up what waits for the next. */
const PAGE_ROWS = 200;
/** Bytes of them, about, and one row more: both copies of them are in memory at once. */
const PAGE_BYTES = 2 ** 20;

const copied: readonly StoreName[] = [
  'documents',
  'updates',
  'snapshots',
  'commits',
  'envelopes',
  'records',
  'references',
  'projections',
  'known',
  'awaited',
  'vectors',
  'damage',
  'quarantine',
];

/**
 * Copies everything but what was kept aside of these documents. The copy is whole once the last
 * transaction is on the disk, and no store before that.
 * @param ends where the bytes of documents lie in the two; absent: in their rows
 * @throws MnemeshError `store_in_use` when somebody took the store meanwhile
 */
export async function copyStore(
  from: Connection,
  to: Connection,
  dropped: ReadonlySet<Guid>,
  ends: CarryEnds = {},
): Promise<void> {
  const carried = new CarriedBytes(from, ends);
  for (const name of copied) await copyRows(from, to, name, dropped, carried);
  const [keys, values] = await from.read(['meta'], (stores) =>
    Promise.all([result(stores('meta').getAllKeys()), result(stores('meta').getAll())]),
  );
  const changes = new Changes();
  for (const [n, key] of keys.entries())
    if (key !== 'documents' && key !== 'left') changes.put('meta', values[n], key);
  if (ends.place !== undefined) changes.put('meta', ends.place, 'documents');
  if (ends.left !== undefined) changes.put('meta', ends.left, 'left');
  carried.finish(changes);
  await from.mustHold();
  await to.write(changes.names, 'strict', changes.puts);
}

async function copyRows(
  from: Connection,
  to: Connection,
  name: StoreName,
  dropped: ReadonlySet<Guid>,
  carried: CarriedBytes,
): Promise<void> {
  for (let range: IDBKeyRange | null = null; ; ) {
    const { rows, hasKeyPath, last } = await readPage(from, name, range);
    if (last === undefined) return;
    const changes = new Changes();
    for (const { key, value } of await carried.carry(name, rows, changes)) {
      if (name === 'quarantine' && dropped.has((value as { readonly guid: Guid }).guid)) continue;
      changes.put(name, value, hasKeyPath ? undefined : key);
    }
    if (changes.puts.length > 0) await to.write(changes.names, 'relaxed', changes.puts);
    range = IDBKeyRange.lowerBound(last, true);
  }
}

async function readPage(
  from: Connection,
  name: StoreName,
  range: IDBKeyRange | null,
): Promise<{
  readonly rows: readonly CarriedRow[];
  readonly hasKeyPath: boolean;
  readonly last: IDBValidKey | undefined;
}> {
  return from.read([name], async (stores) => {
    const store = stores(name);
    const rows: CarriedRow[] = [];
    let bytes = 0;
    const request = store.openCursor(range);
    for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
      rows.push({ key: cursor.primaryKey, value: cursor.value });
      bytes += bytesIn(cursor.value);
      if (rows.length >= PAGE_ROWS || bytes >= PAGE_BYTES) break;
      cursor.continue();
    }
    return { rows, hasKeyPath: store.keyPath !== null, last: rows.at(-1)?.key };
  });
}

/** What of a row may be large: its texts and byte strings, also one level down. */
function bytesIn(value: unknown, depth = 2): number {
  if (typeof value === 'string') return 2 * value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null || depth === 0) return 0;
  return Object.values(value).reduce<number>((sum, one) => sum + bytesIn(one, depth - 1), 0);
}
