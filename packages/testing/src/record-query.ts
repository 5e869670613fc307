import type { RecordQuery, StoredRecord } from '@mnemesh/core';

/** The storage port's filters, read from its words alone: a second opinion on every adapter's queries. */
export function matchesQuery(record: StoredRecord, query: Omit<RecordQuery, 'limit'>): boolean {
  const { namespaces, collection, state, conflicted, archived = false, words, before } = query;
  return (
    (namespaces === undefined || namespaces.includes(record.namespace)) &&
    (collection === undefined || record.collection === collection) &&
    (state === undefined || record.state === state) &&
    (conflicted === undefined || record.conflicted === conflicted) &&
    (archived === 'any' || record.archived === archived) &&
    (words === undefined || words.some((word) => record.text.includes(word))) &&
    (before === undefined || byNewest(before, record) < 0)
  );
}

type Placed = Pick<StoredRecord, 'created' | 'id'>;

/** Newest first by (created, id). */
export function byNewest(a: Placed, b: Placed): number {
  if (a.created !== b.created) return b.created - a.created;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
