import {
  type Postings,
  type PostingsQuery,
  type ReplicaStore,
  type StoredRecord,
  termsOf,
} from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import { postingsOf } from './record-query.js';
import type { StoreBench } from './replica-store-bench.js';
import { clock, memory, namespaces, record, recordId, tasks } from './replica-store-samples.js';
import { SeededRandom } from './seeded-random.js';

/** More than any index holds back before it takes records up, so that both its halves answer. */
const MANY = 10_300;

export function testSearch(bench: StoreBench): void {
  describe('postings', () => {
    it('name the records that hold each term, how often, and their lengths', async () => {
      const store = await bench.with({
        records: [
          record('A', { text: 'parrot, parrot and relay' }),
          record('B', { text: 'a log', created: clock(9) }),
          record('C', { text: 'parrots are no parrot', archived: true }),
        ],
      });
      expect(await answer(store, { terms: ['parrot', 'log', 'nowhere'] })).toEqual({
        records: 2,
        length: 6,
        lists: [
          [{ id: recordId('A'), count: 2, length: 4, created: clock(1) }],
          [{ id: recordId('B'), count: 1, length: 2, created: clock(9) }],
          [],
        ],
      });
    });

    it('count exactly the records that pass the filters', async () => {
      const records = manyRecords(MANY);
      const store = await bench.with({ records });
      for (const query of queries) await expectSame(store, records, query);
    });

    it('follow every later change, in records old and new', async () => {
      const records = new Map(manyRecords(MANY).map((one) => [one.id, one]));
      const store = await bench.with({ records: [...records.values()] });
      await expectSame(store, [...records.values()], { terms: ['relay', 'rewritten', 'fresh'] });
      const random = new SeededRandom(7);
      for (let round = 0; round < 4; round++) {
        const picked = [...records.values()].filter(() => random.chance(0.02));
        const changed = picked.map((one, n) => changedRecord(one, n));
        const removed = [...records.values()].filter(() => random.chance(0.01));
        const added = [record(`N${round}`, { text: 'fresh relay', created: clock(round) })];
        await store.commit({
          removeRecords: removed.map(({ namespace, id }) => ({ namespace, id })),
          records: [...changed, ...added],
        });
        for (const { id } of removed) records.delete(id);
        for (const one of [...changed, ...added]) records.set(one.id, one);
        for (const query of queries) await expectSame(store, [...records.values()], query);
      }
      const reopened = await bench.reopen(store);
      for (const query of queries) await expectSame(reopened, [...records.values()], query);
    });

    it('lead to the records they name, and to none that was removed since', async () => {
      const store = await bench.with({ records: [record('A'), record('B')] });
      const { lists } = await store.postings({ terms: ['text'] });
      const slots = [...(lists[0]?.slots ?? [])];
      expect(slots).toHaveLength(2);
      await store.commit({ removeRecords: [{ namespace: memory, id: recordId('A') }] });
      const found = await store.recordsAt(slots);
      expect([...found.values()]).toEqual([record('B')]);
      expect(slots).toContain([...found.keys()][0]);
    });

    it('[CP] never speak of a commit that was refused', async () => {
      const store = await bench.with({ records: [record('A', { text: 'kept' })] });
      await store.postings({ terms: ['kept'] });
      const refused = store.commit({
        records: [record('A', { text: 'lost' }), record('B', { text: 'lost' })],
        prune: [{ guid: 'nobody' as StoredRecord['guid'], through: 9 }],
      });
      await expect(refused).rejects.toThrow();
      await expectSame(store, [record('A', { text: 'kept' })], { terms: ['kept', 'lost'] });
    });
  });
}

const words = ['parrot', 'relay', 'naïve', 'a_b', '100', 'log', 'ελλάδα', 'x'.repeat(90)];

const queries: readonly PostingsQuery[] = [
  { terms: ['parrot', 'relay', '100', 'rewritten', 'fresh', 'x'.repeat(64)] },
  { terms: ['relay', 'b'], namespaces: [tasks] },
  { terms: ['log'], namespaces: [...namespaces], collection: 'memory', archived: 'any' },
  { terms: ['naïve', 'ελλάδα'], collection: 'tasks', archived: true },
  { terms: ['parrot'], namespaces: [] },
  { terms: [] },
];

function manyRecords(count: number): readonly StoredRecord[] {
  const random = new SeededRandom(3);
  return Array.from({ length: count }, (_, n) =>
    record(`M${n}`, {
      namespace: namespaces[n % 2] as StoredRecord['namespace'],
      collection: n % 3 === 0 ? 'tasks' : 'memory',
      created: clock(Math.floor(n / 3)),
      archived: n % 5 === 0,
      text: Array.from({ length: 1 + (n % 9) }, () => random.pick(words)).join(' '),
    }),
  );
}

function changedRecord(one: StoredRecord, n: number): StoredRecord {
  const ways: readonly Partial<StoredRecord>[] = [
    { text: `rewritten ${one.text}` },
    { text: 'rewritten' },
    { archived: !one.archived },
    { state: 'done' },
  ];
  return { ...one, ...ways[n % ways.length] };
}

interface Answer {
  readonly records: number;
  readonly length: number;
  readonly lists: readonly (readonly object[])[];
}

async function expectSame(
  store: ReplicaStore,
  records: readonly StoredRecord[],
  query: PostingsQuery,
): Promise<void> {
  const expected = named(postingsOf(records, query), (slot) => (records[slot] as StoredRecord).id);
  expect(await answer(store, query), JSON.stringify(query)).toEqual(expected);
}

async function answer(store: ReplicaStore, query: PostingsQuery): Promise<Answer> {
  const postings = await store.postings(query);
  const slots = postings.lists.flatMap(({ slots }) => {
    expect([...slots]).toEqual([...slots].sort((a, b) => a - b));
    return [...slots];
  });
  const records = await store.recordsAt([...new Set(slots)]);
  for (const [slot, { text }] of records) {
    const lists = postings.lists.filter(({ slots }) => slots.includes(slot));
    expect(termsOf(text).length).toBe(lists[0]?.lengths[lists[0].slots.indexOf(slot)]);
  }
  return named(postings, (slot) => (records.get(slot) as StoredRecord).id);
}

/** With records by their ids, since adapters may give them any slot. */
function named(postings: Postings, idAt: (slot: number) => RecordId): Answer {
  const lists = postings.lists.map(({ slots, counts, lengths, created }) =>
    [...slots]
      .map((slot, i) => ({
        id: idAt(slot),
        count: counts[i],
        length: lengths[i],
        created: created[i],
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  return { records: postings.records, length: postings.length, lists };
}
