import type { PlaceBeside, RecallSource, StoredRecord } from '@mnemesh/core';
import type { Guid, Namespace, RecordId } from '@mnemesh/protocol';
import { expect, it } from 'vitest';
import { lexicalAnalyzer, lexicalRecall, MemoryIndex } from '../src/index.js';

const DAY = 86_400_000;

/** Said on the n-th day, in a talk; every third does not speak of what is asked. */
function said(n: number): StoredRecord {
  const text = n % 3 === 0 ? `so it was ${n}` : `the on-call engineer is number ${n}`;
  const createdAt = new Date(n * DAY).toISOString();
  return {
    namespace: 'conversations' as Namespace,
    id: `1.E${n}` as RecordId,
    guid: 'a'.repeat(43) as Guid,
    collection: 'event',
    created: n * DAY * 2048,
    updated: n * DAY * 2048,
    archived: false,
    conflicted: false,
    state: undefined,
    ref: undefined,
    thread: 'talk',
    position: n,
    text,
    view: JSON.stringify({ fields: { text, at: createdAt }, createdAt }),
  };
}

/** Notes each record that is read as a candidate. */
function noting(index: MemoryIndex): { readonly source: RecallSource; readonly read: number[] } {
  const read: number[] = [];
  const source: RecallSource = {
    postings: (query) => index.postings(query),
    record: (namespace, id) => index.record(namespace, id),
    namedBy: (namespace, kind, targets) => index.namedBy(namespace, kind, targets),
    recordsAt: (slots) => {
      read.push(...slots);
      return index.recordsAt(slots);
    },
    recordsBeside: async (places: readonly PlaceBeside[]) => {
      const found = await index.recordsBeside(places);
      read.push(...found.keys());
      return found;
    },
  };
  return { source, read };
}

it('what was said by an early day is found behind all that came later, and no record is read twice', async () => {
  const index = new MemoryIndex(lexicalAnalyzer);
  for (let n = 1; n <= 600; n++) index.put(said(n));
  const { source, read } = noting(index);
  const request = { query: 'who is the on-call engineer?', limit: 10, now: 700 * DAY };
  const { ranked } = await lexicalRecall().recall(source, { ...request, asOf: 4 * DAY });
  const found = ranked.map(({ record }) => record.id).sort();
  expect(found).toEqual(['1.E1', '1.E2', '1.E3', '1.E4']);
  expect(read.length).toBeGreaterThan(300);
  expect(new Set(read).size).toBe(read.length);
});
