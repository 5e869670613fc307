import type { ReplicaStore, StoreBatch, StoredRecord } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import { Place, recordOf, segmentBatch, testRuntime } from './fixtures.js';

const place = new Place();
/** Two full blocks and a part of one. */
const MANY = 2_500;

function manyRecords(): readonly StoredRecord[] {
  return Array.from({ length: MANY }, (_, n) => ({
    ...recordOf('1'),
    id: `1.R${n}` as RecordId,
    ref: undefined,
    text: n === 7 ? 'the rare word' : `common words ${n % 50}`,
  }));
}

const filled: readonly StoreBatch[] = [segmentBatch('1'), { records: manyRecords() }];

/** Runs against the closed store's file. */
function change(sql: string): void {
  const database = place.connect();
  database.exec(sql);
  database.close();
}

/** Timers that run when the test says so. */
class Timers {
  readonly #planned: (() => void)[] = [];
  readonly runtime = {
    ...testRuntime(),
    after: (_ms: number, run: () => void) => {
      this.#planned.push(run);
      return () => void this.#planned.splice(this.#planned.indexOf(run), 1);
    },
  };

  get planned(): number {
    return this.#planned.length;
  }

  runAll(): void {
    while (this.#planned.length > 0) this.#planned.shift()?.();
  }
}

/** Before the records are indexed, and after. */
async function expectFound(): Promise<void> {
  const timers = new Timers();
  const store = await place.open({ runtime: timers.runtime });
  await expectFoundIn(store);
  timers.runAll();
  await expectFoundIn(store);
  await store.close();
}

async function expectFoundIn(store: ReplicaStore): Promise<void> {
  const { records, lists } = await store.postings({ terms: ['rare', 'common'] });
  expect(records).toBe(MANY + 1);
  expect(lists.map(({ slots }) => slots.length)).toEqual([1, MANY - 1]);
  const found = await store.recordsAt([...(lists[0]?.slots ?? [])]);
  expect([...found.values()].map(({ id }) => id)).toEqual(['1.R7']);
}

function foldedBlocks(): number | undefined {
  const database = place.connect();
  const row = database.prepare('SELECT folded FROM search').get<{ folded: number }>();
  database.close();
  return row?.folded;
}

describe('the search index', () => {
  it('is built when nobody writes, and not while somebody does', async () => {
    const timers = new Timers();
    const store = await place.open({ runtime: timers.runtime });
    for (const batch of filled) await store.commit(batch);
    await store.commit({ records: [recordOf('2')] });
    expect(timers.planned).toBe(1);
    expect(foldedBlocks()).toBeUndefined();
    timers.runAll();
    expect(foldedBlocks()).toBe(2);
  });

  it('is built of what a burst of writes left when the store is closed', async () => {
    const timers = new Timers();
    const store = await place.open({ runtime: timers.runtime });
    for (const batch of filled) await store.commit(batch);
    expect(foldedBlocks()).toBeUndefined();
    await store.close();
    expect(foldedBlocks()).toBe(2);
  });

  it('takes up the records of a store that was written before there was one', async () => {
    await place.filled(...filled);
    change('DROP TABLE search; DROP TABLE search_scopes; DROP TABLE search_slots;');
    change('DROP TABLE unscrubbed;');
    change('DROP TABLE search_postings; DROP TABLE vectors; DROP INDEX records_thread;');
    change('DROP TABLE record_references; DROP TABLE projections;');
    change('PRAGMA user_version = 1;');
    change('ALTER TABLE records DROP COLUMN thread; ALTER TABLE records DROP COLUMN position;');
    await expectFound();
    expect(foldedBlocks()).toBe(2);
  });

  it.each([
    ['a list of postings', "UPDATE search_postings SET bytes = zeroblob(3) WHERE term = 'common'"],
    ['a slot', 'UPDATE search_slots SET checksum = checksum + 1 WHERE block = 0'],
    ['a statistic', 'UPDATE search_scopes SET records = records + 1'],
    ['the terms it is made of', 'UPDATE search SET terms = terms - 1'],
  ])('is built anew when %s is not what was written', async (_name, sql) => {
    await place.filled(...filled);
    await expectFound();
    change(sql);
    await expectFound();
    expect(foldedBlocks()).toBe(2);
  });

  it('is built anew when damage is met after the opening', async () => {
    await place.filled(...filled);
    await expectFound();
    const store = await place.open();
    change("UPDATE search_postings SET bytes = zeroblob(3) WHERE term = 'rare'");
    const { lists } = await store.postings({ terms: ['rare'] });
    expect(lists[0]?.slots).toHaveLength(1);
  });

  it('loses a record that turns out to be damaged, and nothing else', async () => {
    await place.filled(...filled);
    await expectFound();
    change("UPDATE records SET text = 'forged' WHERE id = '1.R9'");
    const store = await place.open();
    const { records, lists } = await store.postings({ terms: ['rare', 'common', 'forged'] });
    expect(records).toBe(MANY);
    expect(lists.map(({ slots }) => slots.length)).toEqual([1, MANY - 2, 0]);
  });

  it('[DL] keeps no term of a record that was removed', async () => {
    await place.filled(...filled);
    await expectFound();
    await place.filled({
      removeRecords: [{ namespace: recordOf('1').namespace, id: '1.R7' as RecordId }],
    });
    const database = place.connect();
    const rows = database.prepare("SELECT * FROM search_postings WHERE term = 'rare'").all();
    expect(rows).toEqual([]);
  });
});
