import { benchInBrowser } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { bytes, database, guid, logged, openDemo, update } from './samples.js';

const bench = benchInBrowser(new URL('store-page.ts', import.meta.url));

const newPage = async () => (await bench.device()).open(bench.url);
const snapshot = (text: string, through: number) => ({
  snapshots: [{ guid, snapshot: bytes(text), through }],
});

test.each(['flipByte', 'clear'])(
  'a snapshot that is lost leaves what is still in the log, and another takes its place (%s)',
  async (damage) => {
    const page = await newPage();
    const store = await openDemo(page);
    for (const text of ['first', 'second']) await store.commit(update(text));
    await store.commit(snapshot('both', 2));
    await page.call(damage, database, 'snapshots');
    const left = { updates: 2, bytes: 'firstsecond'.length };
    const document = await store.document(guid);
    expect(document?.snapshot).toBeUndefined();
    expect(document).toMatchObject({ ...left, snapshotThrough: 0 });
    expect(store.damaged).toEqual([{ guid, rows: 1 }]);
    expect(await logged(store)).toEqual(['first', 'second']);
    expect(await store.documents()).toMatchObject([left]);
    await store.commit(snapshot('one', 1));
    expect(await store.document(guid)).toMatchObject({
      snapshot: bytes('one'),
      snapshotThrough: 1,
      updates: 1,
    });
    expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  },
);

test('a damaged row that two read at once is counted once', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  for (const text of ['first', 'second']) await store.commit(update(text));
  await page.call('flipByte', database, 'updates');
  expect(await Promise.all([logged(store), logged(store)])).toEqual([['second'], ['second']]);
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  expect(await page.call('rows', database)).toMatchObject({ quarantine: 1, updates: 1 });
});

test('a snapshot that replaced a damaged one meanwhile is not put aside', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(update('first'));
  await store.commit(snapshot('damaged', 1));
  await page.call('flipByte', database, 'snapshots');
  await Promise.all([store.document(guid), store.commit(snapshot('sound', 1))]);
  expect((await store.document(guid))?.snapshot).toEqual(bytes('sound'));
});

test('a damaged row that cannot be put aside fails its reader, and no commit', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  for (const text of ['first', 'second']) await store.commit(update(text));
  await page.call('flipByte', database, 'updates');
  await page.call('abortWrites', 1);
  await expect(store.document(guid)).rejects.toMatchObject({ code: 'store_failed' });
  await store.commit(update('third'));
  expect(await logged(store)).toEqual(['second', 'third']);
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
});

test('vectors that cannot be written fail alone', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await page.call('abortWrites', 1);
  await expect(store.vectors.put('model', [])).rejects.toMatchObject({ code: 'store_failed' });
  await store.commit(update('saved'));
  await store.vectors.put('model', []);
  expect(await logged(store)).toEqual(['saved']);
});
