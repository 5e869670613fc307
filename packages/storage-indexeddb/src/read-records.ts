import type { PlaceBeside, RecordQuery, StoredRecord, ThreadQuery } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import { beginningWith, type Connection, result } from './connection.js';
import { isNewer, newestFirst, type Prefix } from './newest-first.js';
import { referringTo, supersededAmong } from './read-references.js';
import { type RecordRow, storedRecord } from './rows.js';

type Filter = Omit<RecordQuery, 'limit' | 'before'>;
type RecordKey = readonly [Namespace, RecordId];
type Stores = Parameters<Parameters<Connection['read']>[1]>[0];

export async function readRecord(
  connection: Connection,
  namespace: Namespace,
  id: RecordId,
): Promise<StoredRecord | undefined> {
  const row = await connection.read(['records'], (stores) =>
    result<RecordRow | undefined>(stores('records').get([namespace, id])),
  );
  return row && storedRecord(row);
}

/** Several by their keys, each at its place; undefined where there is none. */
export async function readRecords(
  connection: Connection,
  keys: readonly (readonly [Namespace, RecordId])[],
): Promise<readonly (StoredRecord | undefined)[]> {
  if (keys.length === 0) return [];
  const rows = await connection.read(['records'], (stores) =>
    Promise.all(keys.map((key) => result<RecordRow | undefined>(stores('records').get([...key])))),
  );
  return rows.map((row) => row && storedRecord(row));
}

/** Several were given one name apart: the oldest has it. */
export async function readByRef(
  connection: Connection,
  namespace: Namespace,
  ref: string,
): Promise<StoredRecord | undefined> {
  const row = await connection.read(['records'], (stores) =>
    result<RecordRow | undefined>(
      stores('records').index('ref').get(beginningWith(namespace, ref)),
    ),
  );
  return row && storedRecord(row);
}

export async function queryRecords(
  connection: Connection,
  query: RecordQuery,
): Promise<readonly StoredRecord[]> {
  const { limit, before } = query;
  const rows = await connection.read(['records', 'references'], async (stores) => {
    if (query.refersTo !== undefined) return (await referring(stores, query)).slice(0, limit);
    const { index, prefixes } = pathOf(query);
    return newestFirst(stores('records').index(index), prefixes, { before, limit }, (found) =>
      passing(stores, query, found),
    );
  });
  return rows.map(storedRecord);
}

export async function countRecords(connection: Connection, query: Filter): Promise<number> {
  return connection.read(['records', 'references'], async (stores) => {
    if (query.refersTo !== undefined) return (await referring(stores, query)).length;
    const { superseded, ...rest } = query;
    if (superseded !== undefined) {
      const over = await countSuperseded(stores, rest);
      return superseded ? over : (await countPlain(stores, rest)) - over;
    }
    return countPlain(stores, rest);
  });
}

export async function readThread(
  connection: Connection,
  { namespace, thread, limit, direction = 'forward', from }: ThreadQuery,
): Promise<readonly StoredRecord[]> {
  const whole = beginningWith(namespace, thread);
  const place = from && [namespace, thread, from.position, from.created, from.id];
  const rows = await connection.read(['records'], async (stores) => {
    const index = stores('records').index('thread');
    if (direction === 'forward') {
      const range = place ? IDBKeyRange.bound(place, whole.upper, true) : whole;
      return result<RecordRow[]>(index.getAll(range, limit));
    }
    const range = place ? IDBKeyRange.bound(whole.lower, place, false, true) : whole;
    return backwards(index, range, limit);
  });
  return rows.map(storedRecord);
}

/** The records that stand at these places of the threads of these records. */
export async function readBeside(
  connection: Connection,
  places: readonly (Pick<PlaceBeside, 'offset'> & { readonly origin: StoredRecord | undefined })[],
): Promise<readonly StoredRecord[]> {
  const ranges = new Map<string, IDBKeyRange>();
  for (const { origin, offset } of places) {
    if (origin?.thread === undefined || origin.position === undefined) continue;
    const { namespace, thread } = origin;
    const position = origin.position + offset;
    ranges.set(`${namespace}\n${thread}\n${position}`, beginningWith(namespace, thread, position));
  }
  if (ranges.size === 0) return [];
  const rows = await connection.read(['records'], (stores) => {
    const index = stores('records').index('thread');
    return Promise.all(
      [...ranges.values()].map((range) => result<RecordRow[]>(index.getAll(range))),
    );
  });
  return rows.flat().map(storedRecord);
}

async function backwards(
  index: IDBIndex,
  range: IDBKeyRange,
  limit: number,
): Promise<readonly RecordRow[]> {
  const rows: RecordRow[] = [];
  const request = index.openCursor(range, 'prev');
  for (let cursor = await result(request); cursor && rows.length < limit; ) {
    rows.push(cursor.value);
    cursor.continue();
    cursor = await result(request);
  }
  return rows;
}

interface Path {
  readonly index: 'newest' | 'collection' | 'state' | 'namespace' | 'conflicted';
  readonly prefixes: readonly Prefix[];
  /** Whether it leads to the records that are asked for, and to no others. */
  readonly exact: boolean;
}

/** The index that leads past the fewest records that are not asked for. */
function pathOf(filter: Omit<Filter, 'refersTo' | 'superseded'>): Path {
  const { namespaces, collection, state, conflicted, archived = false } = filter;
  const archives = archived === 'any' ? [0, 1] : [archived ? 1 : 0];
  const path = (index: Path['index'], heads: readonly Prefix[], exact: boolean): Path => ({
    index,
    prefixes: heads.flatMap((head) => archives.map((one) => [...head, one])),
    exact,
  });
  if (conflicted === true) {
    const exact = namespaces === undefined && collection === undefined && state === undefined;
    return path('conflicted', [[1]], exact);
  }
  const exact = conflicted === undefined;
  if (collection !== undefined && state !== undefined)
    return path('state', [[collection, state]], exact && namespaces === undefined);
  if (collection !== undefined && namespaces !== undefined) {
    const heads = [...new Set(namespaces)].map((namespace) => [namespace, collection]);
    return path('namespace', heads, exact && state === undefined);
  }
  if (collection !== undefined) return path('collection', [[collection]], exact);
  return path('newest', [[]], exact && namespaces === undefined && state === undefined);
}

async function countPlain(
  stores: Stores,
  filter: Omit<Filter, 'refersTo' | 'superseded'>,
): Promise<number> {
  const { index, prefixes, exact } = pathOf(filter);
  const records = stores('records').index(index);
  if (exact) {
    const counts = prefixes.map((prefix) => result(records.count(beginningWith(...prefix))));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }
  const counts = prefixes.map((prefix) => countWalking(records, beginningWith(...prefix), filter));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Holds one record at a time, and none where a key tells enough. */
async function countWalking(
  index: IDBIndex,
  range: IDBKeyRange,
  filter: Omit<Filter, 'refersTo' | 'superseded'>,
): Promise<number> {
  const { namespaces, collection, state, conflicted } = filter;
  const namespaced = index.name === 'state' || (collection === undefined && state === undefined);
  let count = 0;
  if (namespaces !== undefined && conflicted === undefined && namespaced) {
    const request = index.openKeyCursor(range);
    for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
      const [namespace] = cursor.primaryKey as unknown as RecordKey;
      if (namespaces.includes(namespace)) count += 1;
      cursor.continue();
    }
    return count;
  }
  const request = index.openCursor(range);
  for (let cursor = await result(request); cursor !== null; cursor = await result(request)) {
    if (matches(cursor.value as RecordRow, filter)) count += 1;
    cursor.continue();
  }
  return count;
}

/** Few records are superseded: they are looked up from what supersedes them. */
async function countSuperseded(
  stores: Stores,
  filter: Omit<Filter, 'refersTo' | 'superseded'>,
): Promise<number> {
  const targets = new Map<string, readonly [Namespace, RecordId]>();
  const range = beginningWith('supersedes');
  const request = stores('references').index('target').openKeyCursor(range, 'nextunique');
  for (let cursor = await result(request); cursor; ) {
    const [, target, namespace] = cursor.key as [string, RecordId, Namespace];
    targets.set(`${namespace}\n${target}`, [namespace, target]);
    cursor.continue();
    cursor = await result(request);
  }
  const rows = await Promise.all(
    [...targets.values()].map(([namespace, id]) =>
      result<RecordRow | undefined>(stores('records').get([namespace, id])),
    ),
  );
  return rows.filter((row) => row !== undefined && matches(row, filter)).length;
}

/** All that refer as asked, newest first. */
async function referring(
  stores: Stores,
  query: Omit<RecordQuery, 'limit'>,
): Promise<readonly RecordRow[]> {
  const { refersTo, before } = query;
  const keys = await referringTo(stores('references'), refersTo as NonNullable<typeof refersTo>);
  const rows = await Promise.all(
    keys.map((key) => result<RecordRow | undefined>(stores('records').get([...key]))),
  );
  const there = rows.filter(
    (row) => row !== undefined && (before === undefined || isNewer(before, row)),
  ) as RecordRow[];
  const passes = await passing(stores, query, there);
  return there.filter((_, n) => passes[n]).sort((a, b) => (isNewer(a, b) ? -1 : 1));
}

async function passing(
  stores: Stores,
  query: Filter,
  rows: readonly RecordRow[],
): Promise<readonly boolean[]> {
  const matching = rows.map((row) => matches(row, query));
  if (query.superseded === undefined || !matching.includes(true)) return matching;
  const superseded = await supersededAmong(stores('references'), rows);
  return matching.map((one, n) => one && superseded[n] === query.superseded);
}

/** Everything of a filter that a row itself can tell. */
export function matches(
  row: RecordRow,
  { namespaces, collection, state, conflicted, archived = false }: Filter,
): boolean {
  return (
    (namespaces === undefined || namespaces.includes(row.namespace)) &&
    (collection === undefined || row.collection === collection) &&
    (state === undefined || row.state === state) &&
    (conflicted === undefined || (row.conflicted === 1) === conflicted) &&
    (archived === 'any' || (row.archived === 1) === archived)
  );
}
