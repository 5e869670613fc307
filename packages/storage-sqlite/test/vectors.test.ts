import type { ReplicaStore } from '@mnemesh/core';
import { openDatabase } from '@mnemesh/sqlite';
import { expect, it } from 'vitest';
import { namespace, Place, recordOf, segmentBatch } from './fixtures.js';

const place = new Place();
const MODEL = 'a model';
const vector = Float32Array.of(1, 0);

const missing = async (store: ReplicaStore, limit = 9) =>
  [...(await store.vectors.missing(MODEL, limit)).values()].map(({ text }) => text);

async function embed(store: ReplicaStore): Promise<void> {
  const all = await store.vectors.missing(MODEL, 99);
  const made = [...all].map(([slot, record]) => ({ slot, record, vector }));
  await store.vectors.put(MODEL, made);
}

it('[BD] records that lack a vector are sought among all of them once, and then among those put since', async () => {
  const statements = new Set<string>();
  const store = await place.open({
    open: (path) => openDatabase(path, { beforeStatement: (sql) => statements.add(sql) }),
  });
  for (const segment of ['1', '2', '3']) await store.commit(segmentBatch(segment));
  await embed(store);
  expect(await missing(store)).toEqual([]);
  await store.commit(segmentBatch('4'));
  statements.clear();
  expect(await missing(store)).toEqual(['text of 4']);
  expect(await missing(store)).toEqual(['text of 4']);
  await embed(store);
  expect(await missing(store)).toEqual([]);

  const database = place.connect();
  const plans = [...statements]
    .filter((sql) => sql.startsWith('SELECT'))
    .flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ detail: string }>());
  const details = plans.map(({ detail }) => detail);
  expect(details.join()).toContain('SEARCH r');
  expect(details.join()).not.toMatch(/SCAN (r|v|records|vectors)\b/);
});

it('records that lack a vector are found newest first, whatever was put, changed, removed, refused or erased', async () => {
  const store = await place.open();
  await store.commit(segmentBatch('1'));
  await embed(store);
  expect(await missing(store)).toEqual([]);
  const refused = store.commit({
    ...segmentBatch('9'),
    prune: [{ guid: recordOf('9').guid, through: 5 }],
  });
  await expect(refused).rejects.toMatchObject({ code: 'bad_input' });
  for (const segment of ['4', '2', '3']) await store.commit(segmentBatch(segment));
  expect(await missing(store)).toEqual(['text of 4', 'text of 3', 'text of 2']);
  expect(await missing(store, 2)).toEqual(['text of 4', 'text of 3']);
  await store.commit({ removeRecords: [{ namespace, id: recordOf('3').id }] });
  await store.commit({ records: [{ ...recordOf('1'), text: 'another text' }] });
  await store.commit({ records: [{ ...recordOf('4'), text: '' }] });
  await store.erase([]);
  expect(await missing(store)).toEqual(['text of 2', 'another text']);
  expect([...(await store.vectors.missing('another model', 9))]).toHaveLength(2);
  await store.close();
  const again = await place.open();
  expect(await missing(again)).toEqual(['text of 2', 'another text']);
  await embed(again);
  await again.commit({ records: [{ ...recordOf('1'), archived: true, text: 'another text' }] });
  expect(await missing(again)).toEqual([]);
});

it('a record has no vector of a damaged one whose number it was given', async () => {
  const store = await place.open();
  await store.commit(segmentBatch('1'));
  await store.commit(segmentBatch('2'));
  await embed(store);
  const database = place.connect();
  database.exec("UPDATE records SET view = 'other' WHERE document = 2");
  database.close();
  expect(await store.record(namespace, recordOf('2').id)).toBeUndefined();
  await store.commit(segmentBatch('3'));
  const near = await store.vectors.nearest({ embedder: MODEL, vector, limit: 9 });
  expect(near).toHaveLength(1);
  expect(await missing(store)).toEqual(['text of 3']);
});
