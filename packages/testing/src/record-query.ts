import {
  type Postings,
  type PostingsQuery,
  type RecordQuery,
  type StoredRecord,
  termsOf,
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

/** The postings of records, each at its index, read from the port's words alone. */
export function postingsOf(
  records: readonly (StoredRecord | undefined)[],
  { terms, ...filter }: PostingsQuery,
): Postings {
  const found = records.flatMap((record, slot) =>
    record !== undefined && matchesQuery(record, filter)
      ? [{ slot, created: record.created, words: termsOf(record.text) }]
      : [],
  );
  const lists = terms.map((term) => {
    const holding = found.flatMap(({ words, ...one }) => {
      const count = words.filter((word) => word === term).length;
      return count === 0 ? [] : [{ ...one, count, length: words.length }];
    });
    return {
      slots: Uint32Array.from(holding, ({ slot }) => slot),
      counts: Uint32Array.from(holding, ({ count }) => count),
      lengths: Uint32Array.from(holding, ({ length }) => length),
      created: Float64Array.from(holding, ({ created }) => created),
    };
  });
  return {
    records: found.length,
    length: found.reduce((sum, { words }) => sum + words.length, 0),
    lists,
  };
}
