import type {
  Postings,
  PostingsQuery,
  RecallSource,
  StoreBatch,
  StoredRecord,
} from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import { plainAnalyzer } from './plain-analyzer.js';
import { postingsOf } from './record-query.js';
import type { StoreBench } from './replica-store-bench.js';
import { clock, memory, namespaces, record, recordId, tasks } from './replica-store-samples.js';
import { SeededRandom } from './seeded-random.js';

/** More than any index holds back before it takes records up, so that both its halves answer. */
const MANY = 10_300;

/** An empty place for records, searched by `plainAnalyzer`. */
export interface PostingsPlace {
  commit(batch: Pick<StoreBatch, 'records' | 'removeRecords'>): Promise<void>;
  readonly source: RecallSource;
  /** The same records after the index was closed and opened again. Absent where nothing is kept. */
  readonly reopen?: () => Promise<RecallSource>;
}

/** Everything the postings port promises, as tests. Call it at the top of an adapter's test file. */
export function describePostings(name: string, create: () => Promise<PostingsPlace>): void {
  describe(`the postings ${name}`, () => testPostings(create));
}

export function testSearch(bench: StoreBench, many = MANY): void {
  describe('postings', () => {
    testPostings(async () => {
      const store = await bench.open();
      return {
        commit: (batch) => store.commit(batch),
        source: store,
        reopen: () => bench.reopen(store),
      };
    }, many);

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

function testPostings(create: () => Promise<PostingsPlace>, many = MANY): void {
  const filled = async (records: readonly StoredRecord[]): Promise<PostingsPlace> => {
    const place = await create();
    await place.commit({ records });
    return place;
  };

  it('name the records that hold each term, how often, and their lengths', async () => {
    const { source } = await filled([
      record('A', { text: 'parrot, parrot and relay' }),
      record('B', { text: 'a log?', created: clock(9), thread: 'talk', position: 7 }),
      record('C', { text: 'parrots are no parrot', archived: true }),
    ]);
    const { records, length, lists } = await answer(source, {
      terms: ['parrot', 'log', 'nowhere'],
    });
    expect({ records, length }).toEqual({ records: 2, length: 6 });
    expect(lists).toMatchObject([
      [{ id: recordId('A'), count: 2, length: 4, created: clock(1), thread: 0, marks: 0 }],
      [{ id: recordId('B'), count: 1, length: 2, created: clock(9), position: 7, marks: 1 }],
      [],
    ]);
  });

  it('count exactly the records that pass the filters', async () => {
    const records = manyRecords(many);
    const { source } = await filled(records);
    for (const query of queries) await expectSame(source, records, query);
  });

  it('follow every later change, in records old and new', async () => {
    const records = new Map(manyRecords(many).map((one) => [one.id, one]));
    const place = await filled([...records.values()]);
    const { source } = place;
    await expectSame(source, [...records.values()], { terms: ['relay', 'rewritten', 'fresh'] });
    const random = new SeededRandom(7);
    for (let round = 0; round < 4; round++) {
      const picked = [...records.values()].filter(() => random.chance(0.02));
      const changed = picked.map((one, n) => changedRecord(one, n));
      const removed = [...records.values()].filter(() => random.chance(0.01));
      const added = [record(`N${round}`, { text: 'fresh relay', created: clock(round) })];
      await place.commit({
        removeRecords: removed.map(({ namespace, id }) => ({ namespace, id })),
        records: [...changed, ...added],
      });
      for (const { id } of removed) records.delete(id);
      for (const one of [...changed, ...added]) records.set(one.id, one);
      for (const query of queries) await expectSame(source, [...records.values()], query);
    }
    const reopened = await place.reopen?.();
    if (reopened === undefined) return;
    for (const query of queries) await expectSame(reopened, [...records.values()], query);
  });

  it('stay as they were answered, whatever is written later', async () => {
    const records = manyRecords(many);
    const { source, commit } = await filled(records);
    const query: PostingsQuery = { terms: ['relay', 'log'], archived: 'any' };
    const postings = await source.postings(query);
    const slots = [...new Set(postings.lists.flatMap((list) => [...list.slots]))];
    const ids = new Map([...(await source.recordsAt(slots))].map(([slot, { id }]) => [slot, id]));
    const idAt = (slot: number): RecordId => ids.get(slot) as RecordId;
    const before = named(postings, idAt);
    expect(before).toEqual(await answer(source, query));
    const some = records.filter((_, n) => n % 19 === 0);
    const moved = some.map((one) => ({ ...one, thread: 'moved', position: 9 }));
    const changed = some.map((one, n) => ({ ...changedRecord(one, n), created: clock(9_999) }));
    for (const batch of [{ records: moved }, { records: changed }, { removeRecords: some }]) {
      await commit(batch);
      await source.postings(query);
      expect(named(postings, idAt)).toEqual(before);
    }
  });

  it('lead to the records they name, and to none that was removed since', async () => {
    const { source, commit } = await filled([record('A'), record('B')]);
    const { lists } = await source.postings({ terms: ['text'] });
    const slots = [...(lists[0]?.slots ?? [])];
    expect(slots).toHaveLength(2);
    await commit({ removeRecords: [{ namespace: memory, id: recordId('A') }] });
    const found = await source.recordsAt(slots);
    expect([...found.values()]).toEqual([record('B')]);
    expect(slots).toContain([...found.keys()][0]);
  });

  it('lead to what stands beside a record in its thread, and nowhere else', async () => {
    const { source } = await filled([
      record('A', { text: 'rare', thread: 'talk', position: 4 }),
      record('B', { thread: 'talk', position: 5 }),
      record('C', { thread: 'talk', position: 5 }),
      record('D', { thread: 'another', position: 5 }),
      record('E', { thread: 'talk', position: 5, namespace: tasks }),
      record('F'),
    ]);
    const { lists } = await source.postings({ terms: ['rare'] });
    const slot = lists[0]?.slots[0] as number;
    const beside = async (...offsets: readonly number[]): Promise<readonly string[]> => {
      const found = await source.recordsBeside(offsets.map((offset) => ({ slot, offset })));
      return [...found.values()].map(({ id }) => id).sort();
    };
    expect(await beside(1)).toEqual([recordId('B'), recordId('C')]);
    expect(await beside(0, 1)).toEqual(['A', 'B', 'C'].map(recordId));
    expect(await beside(2, -9)).toEqual([]);
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
      text: Array.from({ length: 1 + (n % 9) }, () => random.pick(words)).join(n % 7 ? ' ' : '? '),
      ...(n % 4 === 0 ? {} : { thread: `talk ${n % 11}`, position: Math.floor(n / 11) }),
    }),
  );
}

function changedRecord(one: StoredRecord, n: number): StoredRecord {
  const ways: readonly Partial<StoredRecord>[] = [
    { text: `rewritten ${one.text}` },
    { text: 'rewritten' },
    { archived: !one.archived },
    { state: 'done' },
    { thread: 'moved', position: 9 },
  ];
  return { ...one, ...ways[n % ways.length] };
}

interface Answer {
  readonly records: number;
  readonly length: number;
  readonly lists: readonly (readonly object[])[];
}

async function expectSame(
  source: RecallSource,
  records: readonly StoredRecord[],
  query: PostingsQuery,
): Promise<void> {
  const postings = postingsOf(records, query, plainAnalyzer);
  const expected = named(postings, (slot) => (records[slot] as StoredRecord).id);
  expect(await answer(source, query), JSON.stringify(query)).toEqual(expected);
}

async function answer(source: RecallSource, query: PostingsQuery): Promise<Answer> {
  const postings = await source.postings(query);
  const slots = postings.lists.flatMap(({ slots }) => {
    expect(slots).toEqual(slots.slice().sort());
    return [...slots];
  });
  const records = await source.recordsAt([...new Set(slots)]);
  for (const [slot, { text }] of records)
    expect(plainAnalyzer.analyze(text).terms.length).toBe(postings.posted.lengthOf(slot));
  return named(postings, (slot) => (records.get(slot) as StoredRecord).id);
}

/** With records by their ids, since adapters may give them any slot. */
function named(
  { records, length, lists: found, posted }: Postings,
  idAt: (slot: number) => RecordId,
): Answer {
  const lists = found.map((list) =>
    [...list.slots]
      .map((slot, i) => ({
        id: idAt(slot),
        count: list.counts[i],
        length: posted.lengthOf(slot),
        created: posted.createdOf(slot),
        thread: posted.threadOf(slot),
        position: posted.positionOf(slot),
        marks: posted.marksOf(slot),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  return { records, length, lists };
}
