import type { ReplicaStore } from '@mnemesh/core';
import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import {
  database,
  fold,
  guid,
  known,
  lastOf,
  openDemo,
  other,
  rows,
  Words,
  words,
} from './samples.js';

const bench = benchInBrowser(new URL('y-store-page.ts', import.meta.url));

const newPage = async (): Promise<TestPage> => (await bench.device()).open(bench.url);

test('every write ends its transaction at once, so that a page that is busy holds up no other', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const one = new Words();
  await page.call('watch');
  await store.commit(one.add('first'));
  await fold(store, one);
  await store.erase([]);
  expect(await page.call('watched')).toMatchObject({ uncommitted: 0 });
  expect((await page.call<{ writes: number }>('watched')).writes).toBeGreaterThan(6);
});

test('[ND] a document that is read while it is written and folded is whole at every read', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('0'));
  const writing = async (): Promise<void> => {
    for (let n = 1; n <= 20; n++) {
      await store.commit(one.add(`${n}`));
      await fold(store, one);
    }
  };
  let isWriting = true;
  const written = writing().finally(() => {
    isWriting = false;
  });
  const counts: number[] = [];
  while (isWriting) counts.push((await words(store)).split(' ').length);
  await written;
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(counts[0]).toBeGreaterThan(1);
  expect(store.damaged).toEqual([]);
});

test('any Yjs program can open a document, folded or not', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('first'));
  expect(await page.call('stockText', database)).toBe('first ');
  await fold(store, one);
  await store.commit(one.add('second'));
  expect(await page.call('stockText', database)).toBe('first second ');
});

test("[ND] what another Yjs program wrote while the mesh was open is in nobody's way, and taken in at the next opening", async () => {
  const page = await newPage();
  let store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('first'));
  expect(await words(store)).toBe('first ');
  await page.call('stockWrite', database, 'theirs ');
  for (const word of ['second', 'third']) await store.commit(one.add(word));
  expect(await words(store)).toBe('first second third ');
  await store.close();
  store = await openDemo(page);
  expect((await words(store)).split(' ').sort()).toEqual([
    '',
    'first',
    'second',
    'theirs',
    'third',
  ]);
  await store.commit(one.add('fourth'));
  expect(await words(store)).toMatch(/fourth/);
});

const sorted = async (store: ReplicaStore): Promise<string> =>
  (await words(store)).split(' ').sort().join(' ').trim();

test('[ND] a document that another Yjs program folded while the mesh was open is whole when it is read again', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  const one = new Words();
  for (const word of ['first', 'second']) await store.commit(one.add(word));
  expect(await words(store)).toBe('first second ');
  await page.call('stockTrim', database, 'theirs ');
  expect(await words(store)).toBe('first second theirs ');
  expect(store.damaged).toEqual([]);
  await store.close();
  store = await openDemo(page);
  expect(await words(store)).toBe('first second theirs ');
  expect(store.damaged).toEqual([]);
  const { log, ...head } = (await store.document(guid)) ?? {};
  expect(head).toMatchObject({ updates: 1, bytes: log?.[0]?.update.length, unacked: true });
  await store.commit(one.add('third'));
  await store.close();
  store = await openDemo(page);
  expect(await sorted(store)).toBe('first second theirs third');
  expect(await store.documents()).toMatchObject([{ updates: 2 }]);
});

test('[ND] nothing that another Yjs program folded is lost when the mesh folds it without knowing of theirs', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('first'));
  expect(await words(store)).toBe('first ');
  await page.call('stockTrim', database, 'theirs ');
  await fold(store, one);
  await store.commit(one.add('second'));
  expect(await words(store)).toBe('first second ');
  expect(store.damaged).toEqual([]);
  await store.close();
  store = await openDemo(page);
  expect(await sorted(store)).toBe('first second theirs');
  expect(store.damaged).toEqual([]);
});

test('[ND] an update that another Yjs program deleted unread is missed, and the rest of the document is there', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('first'));
  expect(await words(store)).toBe('first ');
  await page.call('stockKeep', database);
  await page.call('stockTrimKept', 'theirs ');
  await store.commit(one.add('second'));
  // It takes what was written last for read: it lies beyond what was moved out of the mesh's way.
  await page.call('stockTrimKept', 'again ');
  expect(await sorted(store)).toBe('again first theirs');
  expect(store.damaged).toMatchObject([{ guid }]);
  await store.close();
  store = await openDemo(page);
  expect(await sorted(store)).toBe('again first theirs');
  expect(store.damaged).toMatchObject([{ guid }]);
  await store.commit({ ...one.snapshot(0), repaired: [guid] });
  expect(await sorted(store)).toBe('again first second theirs');
  expect(store.damaged).toEqual([]);
});

test('[ND] a document that another Yjs program folded is whole once the store is rewritten, for that program too', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(new Words().add('first'));
  expect(await words(store)).toBe('first ');
  await page.call('stockTrim', database, 'theirs ');
  await store.erase([]);
  expect(await words(store)).toBe('first theirs ');
  expect(await page.call('stockText', `mnemesh.documents/demo/2/${guid}`)).toBe('first theirs ');
});

test('a document that was deleted underneath, and begun anew by another Yjs program, is damaged', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  await store.commit(new Words().add('first'));
  await store.close();
  await page.call('deleteDatabase', database);
  await page.call('stockTrim', database, 'theirs ');
  store = await openDemo(page);
  expect(await words(store)).toBe('theirs ');
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
});

test('what another Yjs program wrote while the mesh was closed is taken in, once, for the relay too', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('ours'));
  await store.commit({ ...new Words(other).add('beside') });
  await store.close();
  await page.call('stockWrite', database, 'theirs');
  store = await openDemo(page);
  expect(await words(store)).toBe('ours theirs');
  expect(await store.document(guid)).toMatchObject({ unacked: true });
  const { log } = (await store.document(guid)) ?? {};
  await store.close();
  store = await openDemo(page);
  expect((await store.document(guid))?.log).toEqual(log);
  expect(store.damaged).toEqual([]);
});

test('opening a store and its documents again and again adds nothing to them', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  await store.commit(new Words().add('saved'));
  const before = await page.call('rows', database);
  for (let n = 0; n < 12; n++) {
    await store.close();
    store = await openDemo(page);
    expect(await words(store)).toBe('saved ');
  }
  expect(await page.call('rows', database)).toEqual(before);
});

test('[ND] a page that lost the store to another can neither write to a document nor harm it', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await openDemo(old, { isLed: true });
  const one = new Words();
  await before.commit(one.add('saved'));
  const store = await openDemo(next, { isLed: true });
  expect(await words(store)).toBe('saved ');
  for (const word of ['second', 'third']) {
    await store.commit(one.add(word));
    await expect(before.commit(new Words().add('too late'))).rejects.toMatchObject({
      code: 'store_in_use',
    });
  }
  await expect(before.erase([])).rejects.toMatchObject({ code: 'store_in_use' });
  await store.commit(one.add('fourth'));
  await store.close();
  const again = await openDemo(next, { isLed: true });
  expect(await words(again)).toBe('saved second third fourth ');
  expect(again.damaged).toEqual([]);
  await fold(again, one);
  expect(await next.call('stockText', database)).toBe('saved second third fourth ');
});

test.each(['pauseCopies', 'pauseListings'] as const)(
  '[ND] a page that lost the store while it rewrote it deletes no document of who has it (%s)',
  async (pause) => {
    const device = await bench.device();
    const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
    const before = await openDemo(old, { isLed: true });
    await before.commit(new Words().add('saved'));
    // Either the copy is not whole, or what it took the place of is about to be deleted.
    await (pause === 'pauseCopies' ? old.call(pause) : old.call(pause, 2, false));
    const erasing = before.erase([]).then(
      () => 'erased',
      (error) => error.code,
    );
    await expect.poll(() => old.call('standing')).toBeGreaterThan(0);
    const store = await openDemo(next, { isLed: true });
    await store.commit(new Words(other).add('of the next'));
    await store.close();
    await old.call(pause === 'pauseCopies' ? 'resumeCopies' : 'resumeListings');
    expect(await erasing).toBe('store_in_use');
    await before.close();
    const again = await openDemo(next, { isLed: true });
    expect([await words(again), await words(again, other)]).toEqual(['saved ', 'of the next ']);
    expect(again.damaged).toEqual([]);
    // A database of rows, and one for each document.
    expect(await next.call('databases')).toHaveLength(3);
  },
);

test('a document whose database another page blocks fails its reader in time, and the store goes on', async () => {
  const device = await bench.device();
  const [page, blocker] = [await device.open(bench.url), await device.open(bench.url)];
  let store = await openDemo(page);
  const beside = new Words(other);
  await store.commit(new Words().add('saved'));
  await store.commit(beside.add('beside'));
  await store.close();
  await blocker.call('block', database, 1);
  store = await openDemo(page);
  await expect(store.document(guid)).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringMatching(/Close the other tabs/),
  });
  await store.commit(beside.add('goes on'));
  expect(await words(store, other)).toBe('beside goes on ');
});

test('a database without its stores is a damaged document, and is written again', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  await store.commit(new Words().add('lost'));
  await store.close();
  await page.call('deleteDatabase', database);
  await page.call('createEmpty', database, 1);
  store = await openDemo(page);
  expect(await words(store)).toBe('');
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  await store.commit(new Words().add('again'));
  expect(await words(store)).toBe('again ');
  expect(await page.call('stockText', database)).toBe('again ');
});

test('[ND] a document that is deleted underneath takes no write that could not be loaded', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('deleted'));
  await page.call('deleteDatabase', database);
  await expect(store.commit(one.add('refused'))).rejects.toMatchObject({ code: 'store_failed' });
  await store.close();
  store = await openDemo(page);
  expect(await words(store)).toBe('');
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  await store.commit(one.snapshot(0));
  expect(await words(store)).toBe('deleted refused ');
});

test('a damaged update is put aside, and the rest loads', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const one = new Words();
  await store.commit(one.add('first'));
  await page.call('replaceFirst', database);
  expect(await words(store)).toBe('');
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  expect(await page.call('rows', rows)).toMatchObject({ quarantine: 1, updates: 0 });
});

test('[DL] a document that is removed leaves no database, and one that is erased no older one', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(new Words().add('kept'));
  await store.commit(new Words(other).add('removed'));
  await store.commit({ removeDocuments: [other] });
  expect(await page.call('databases')).toEqual([rows, database].sort());
  await store.erase([]);
  expect(await page.call('databases')).toEqual(
    ['mnemesh/demo/2', `mnemesh.documents/demo/2/${guid}`].sort(),
  );
  expect(await words(store)).toBe('kept ');
});

test('no more documents are open at once than the limit allows, however many are written', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await page.call('countOpen');
  const guids = Array.from({ length: 200 }, (_, n) => `${n}`.padEnd(43, '-') as typeof guid);
  await Promise.all(guids.map((one) => store.commit(new Words(one).add('word'))));
  const all = await Promise.all(guids.map((one) => words(store, one)));
  expect(new Set(all)).toEqual(new Set(['word ']));
  expect(await page.call('mostOpen')).toBeLessThanOrEqual(64);
});

test('[ND] a store changes from one adapter to the other and back, and loses nothing', async () => {
  const page = await newPage();
  const contents = async (store: Awaited<ReturnType<typeof openDemo>>) => ({
    documents: await store.documents(),
    one: await store.document(guid),
    two: await store.document(other),
    sync: await store.syncState(),
  });
  let store = await openDemo(page, { prefix: 'rows:mnemesh' });
  const one = new Words();
  await store.commit(one.add('folded'));
  await fold(store, one);
  await store.commit(one.add('logged'));
  await store.commit({
    ...new Words(other).add('beside'),
    unacked: [{ guid: other, unacked: true }],
    awaited: [{ ...known(guid), bytes: 7 }],
  });
  const before = await contents(store);
  for (const prefix of ['mnemesh', 'rows:mnemesh', 'mnemesh']) {
    await store.close();
    store = await openDemo(page, { prefix });
    expect(await contents(store)).toEqual(before);
    await store.commit(one.add(prefix));
    await store.commit(one.snapshot(await lastOf(store)));
    Object.assign(before, await contents(store));
  }
  expect(await words(store)).toBe('folded logged mnemesh rows:mnemesh mnemesh ');
  expect((await page.call<string[]>('databases')).length).toBe(3);
});

test('[ND] what another program wrote goes along when a store is rewritten, or changes its adapter', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  await store.commit(new Words().add('ours'));
  expect(await words(store)).toBe('ours ');
  await page.call('stockWrite', database, 'theirs');
  await store.erase([]);
  await store.close();
  store = await openDemo(page, { prefix: 'rows:mnemesh' });
  expect(await words(store)).toBe('ours theirs');
  expect(await store.document(guid)).toMatchObject({ unacked: true, updates: 3 });
});
