import type { Namespace, RecordId } from '@mnemesh/protocol';
import { plainAnalyzer } from '@mnemesh/testing';
import { expect, it } from 'vitest';
import { type IndexedRecord, PostingsIndex } from '../src/postings-index.js';
import { Slots } from '../src/slots.js';

const record: IndexedRecord = {
  namespace: 'shared/memory' as Namespace,
  id: '1.A' as RecordId,
  collection: 'memory',
  created: 7,
  archived: 0,
  thread: 'talk',
  position: 3,
  text: 'does the relay answer?',
};

// Here and not in a page: what travels from there is a copy of that moment in any case.
it('what a search found stays as it was when the record moves, changes or goes', () => {
  const index = new PostingsIndex(plainAnalyzer, new Slots());
  index.put(record);
  const { lists, posted } = index.postings({ terms: ['relay'] });
  const slot = lists[0]?.slots[0] as number;
  const known = () => [
    posted.lengthOf(slot),
    posted.createdOf(slot),
    posted.threadOf(slot),
    posted.positionOf(slot),
    posted.marksOf(slot),
  ];
  const before = known();
  expect(before).toEqual([4, 7, expect.any(Number), 3, expect.any(Number)]);
  for (const change of [
    { position: 9 },
    { thread: 'another' },
    { archived: 1 as const },
    { text: 'the relay answered' },
    { created: 8 },
  ]) {
    index.put({ ...record, ...change });
    expect(known()).toEqual(before);
  }
  index.remove([record.namespace, record.id]);
  expect(known()).toEqual(before);
});
