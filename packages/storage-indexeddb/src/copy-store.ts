import type { Guid } from '@mnemesh/protocol';
import { Changes } from './changes.js';
import { type Connection, result } from './connection.js';
import type { StoreName } from './schema.js';

/** Rows copied in one transaction, and bytes of them, about: both are in memory at once. */
const PAGE = 200;

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
 */
export async function copyStore(
  from: Connection,
  to: Connection,
  dropped: ReadonlySet<Guid>,
): Promise<void> {
  for (const name of copied) await copyRows(from, to, name, dropped);
  const [keys, values] = await from.read(['meta'], (stores) =>
    Promise.all([result(stores('meta').getAllKeys()), result(stores('meta').getAll())]),
  );
  const changes = new Changes();
  for (const [n, key] of keys.entries()) changes.put('meta', values[n], key);
  await to.write(changes.names, 'strict', changes.puts);
}

async function copyRows(
  from: Connection,
  to: Connection,
  name: StoreName,
  dropped: ReadonlySet<Guid>,
): Promise<void> {
  for (let range: IDBKeyRange | null = null; ; ) {
    const [keys, rows, hasKeyPath] = await from.read([name], async (stores) => {
      const store = stores(name);
      const read = await Promise.all([
        result(store.getAllKeys(range, PAGE)),
        result<{ readonly guid?: Guid }[]>(store.getAll(range, PAGE)),
      ]);
      return [...read, store.keyPath !== null] as const;
    });
    const changes = new Changes();
    for (const [n, row] of rows.entries()) {
      if (name === 'quarantine' && dropped.has(row.guid as Guid)) continue;
      changes.put(name, row, hasKeyPath ? undefined : (keys[n] as IDBValidKey));
    }
    if (changes.puts.length > 0) await to.write(changes.names, 'relaxed', changes.puts);
    const last = keys.at(-1);
    if (keys.length < PAGE || last === undefined) return;
    range = IDBKeyRange.lowerBound(last, true);
  }
}
