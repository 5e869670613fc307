import {
  type Analyzer,
  PostedMap,
  type Postings,
  type PostingsQuery,
  type RecordQuery,
  type StoredRecord,
  type ThreadQuery,
  threadNumber,
} from '@mnemesh/core';

/** The storage port's filters, read from its words alone: a second opinion on every adapter's queries. */
export function matchesQuery(record: StoredRecord, query: Omit<RecordQuery, 'limit'>): boolean {
  const { namespaces, collection, state, conflicted, archived = false, before } = query;
  return (
    (namespaces === undefined || namespaces.includes(record.namespace)) &&
    (collection === undefined || record.collection === collection) &&
    (state === undefined || record.state === state) &&
    (conflicted === undefined || record.conflicted === conflicted) &&
    (archived === 'any' || record.archived === archived) &&
    (before === undefined || byNewest(before, record) < 0)
  );
}

type Placed = Pick<StoredRecord, 'created' | 'id'>;

/** Newest first by (created, id). */
export function byNewest(a: Placed, b: Placed): number {
  if (a.created !== b.created) return b.created - a.created;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** A page of a thread, read from the port's words alone. */
export function threadOf(
  records: Iterable<StoredRecord>,
  { namespace, thread, limit, direction = 'forward', from }: ThreadQuery,
): readonly StoredRecord[] {
  const sign = direction === 'forward' ? 1 : -1;
  const order = (a: PlacedInThread, b: PlacedInThread): number => sign * byPlace(a, b);
  return [...records]
    .filter((one) => one.namespace === namespace && one.thread === thread)
    .filter((one) => from === undefined || order(one, from) > 0)
    .sort(order)
    .slice(0, limit);
}

type PlacedInThread = Placed & Pick<StoredRecord, 'position'>;

function byPlace(a: PlacedInThread, b: PlacedInThread): number {
  return (a.position ?? 0) - (b.position ?? 0) || -byNewest(a, b);
}

/** Asked many times over in a test; a record is not changed, but replaced. */
const analyses = new WeakMap<StoredRecord, ReturnType<Analyzer['analyze']>>();

function analyzed(record: StoredRecord, analyzer: Analyzer): ReturnType<Analyzer['analyze']> {
  const known = analyses.get(record) ?? analyzer.analyze(record.text);
  analyses.set(record, known);
  return known;
}

/** The postings of records, each at its index, read from the port's words alone. */
export function postingsOf(
  records: readonly (StoredRecord | undefined)[],
  { terms, ...filter }: PostingsQuery,
  analyzer: Analyzer,
): Postings {
  const found = records.flatMap((record, slot) => {
    if (record === undefined || !matchesQuery(record, filter)) return [];
    const { terms: words, marks } = analyzed(record, analyzer);
    const { created, namespace, thread, position = 0 } = record;
    const number = thread === undefined ? 0 : threadNumber(namespace, thread);
    return [{ slot, created, words, length: words.length, marks, thread: number, position }];
  });
  const lists = terms.map((term) => {
    const holding = found.flatMap(({ slot, words }) => {
      const count = words.filter((word) => word === term).length;
      return count === 0 ? [] : [{ slot, count }];
    });
    return {
      slots: Uint32Array.from(holding, ({ slot }) => slot),
      counts: Uint32Array.from(holding, ({ count }) => count),
    };
  });
  return {
    records: found.length,
    length: found.reduce((sum, { length }) => sum + length, 0),
    lists,
    posted: new PostedMap(new Map(found.map((one) => [one.slot, one]))),
  };
}
