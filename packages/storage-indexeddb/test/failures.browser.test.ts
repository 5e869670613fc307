import { randomBytes } from 'node:crypto';
import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { bytes, database, guid, logged, openDemo, update } from './samples.js';

const bench = benchInBrowser(new URL('store-page.ts', import.meta.url));

const newPage = async (): Promise<TestPage> => (await bench.device()).open(bench.url);
const debugged = ({ page }: TestPage) => page.context().newCDPSession(page);

test('[ND] after the browser gave a write up none is called saved any more, and what was saved is there', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(update('saved'));
  await page.call('abortWrites', 1);
  const failed = { code: 'store_failed', message: expect.stringMatching(/open the mesh again/) };
  const lost = await Promise.allSettled([
    store.commit(update('lost')),
    store.commit(update('also lost')),
  ]);
  for (const one of lost) expect(one).toMatchObject({ status: 'rejected', reason: failed });
  await expect(store.commit(update('refused'))).rejects.toMatchObject(failed);
  expect(await logged(store)).toEqual(['saved']);
  await store.close();
  const again = await openDemo(page);
  await again.commit(update('goes on'));
  expect(await logged(again)).toEqual(['saved', 'goes on']);
});

test('[ND] a full disk is told as such, and once there is room the store goes on without a reload', async () => {
  const page = await newPage();
  const session = await debugged(page);
  const origin = new URL(bench.url).origin;
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 2_000_000 });
  const store = await openDemo(page);
  await store.commit(update('saved'));
  const large = {
    ...update('x'),
    updates: [{ guid, update: new Uint8Array(randomBytes(5_000_000)) }],
  };
  await expect(store.commit(large)).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringMatching(/no more room for this site/),
  });
  await expect(store.commit(update('refused'))).rejects.toMatchObject({ code: 'store_failed' });
  await store.close();
  await session.send('Storage.overrideQuotaForOrigin', { origin });
  const again = await openDemo(page);
  await again.commit(large);
  expect((await again.document(guid))?.log).toHaveLength(2);
});

test('an open that another page blocks settles, and what opens later is closed again', async () => {
  const device = await bench.device();
  const [page, other] = [await device.open(bench.url), await device.open(bench.url)];
  const store = await openDemo(page);
  await store.commit(update('saved'));
  await store.close();
  await other.call('block', database);
  await expect(openDemo(page)).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringMatching(/Close the other tabs/),
  });
  await other.close();
  // The deletion went through; the store is a new one.
  const again = await openDemo(page);
  expect(again.opened.counter).toBe(1);
  await again.commit(update('new'));
});

test('a store that the browser closes tells every caller, and opens again', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(update('cleared'));
  const session = await debugged(page);
  await session.send('Storage.clearDataForOrigin', {
    origin: new URL(bench.url).origin,
    storageTypes: 'indexeddb',
  });
  await expect(store.commit(update('lost'))).rejects.toMatchObject({ code: 'store_failed' });
  await expect(store.document(guid)).rejects.toMatchObject({ code: 'store_failed' });
  await store.close();
  const again = await openDemo(page);
  expect(await logged(again)).toEqual([]);
  await again.commit(update('goes on'));
});

test('two pages cannot have one store open, and a page that ends lets go of it', async () => {
  const device = await bench.device();
  const [one, two] = [await device.open(bench.url), await device.open(bench.url)];
  await (await openDemo(one)).commit(update('saved'));
  await expect(openDemo(two)).rejects.toMatchObject({ code: 'store_in_use' });
  await one.close();
  await expect.poll(() => openDemo(two).then(logged, () => 'in use')).toEqual(['saved']);
});

test('a store of a newer version is left alone', async () => {
  const page = await newPage();
  await page.call('createEmpty', database, 99);
  await expect(openDemo(page)).rejects.toMatchObject({ code: 'store_too_new' });
});

test('opening a store again and again adds nothing to it', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(update('saved'));
  await store.close();
  const before = await page.call<object>('rows', database);
  for (let n = 0; n < 12; n++) await (await openDemo(page)).close();
  // But the mark of each opening.
  expect(await page.call('rows', database)).toEqual({ ...before, fence: 13 });
});

test('a damaged row is put aside, its document says so until it is repaired, and the rest loads', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  for (const text of ['first', 'second']) await store.commit(update(text));
  await page.call('flipByte', database, 'updates');
  expect(await logged(store)).toEqual(['second']);
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  await store.close();
  store = await openDemo(page);
  expect(store.damaged).toEqual([{ guid, rows: 1 }]);
  await store.commit({ repaired: [guid] });
  expect(store.damaged).toEqual([]);
  expect(await page.call('rows', database)).toMatchObject({ quarantine: 1, updates: 1 });
  await store.erase([guid]);
  expect(await page.call('rows', 'mnemesh/demo/2')).toMatchObject({ quarantine: 0, updates: 1 });
});

test('[CP] a crash while the store is rewritten leaves one store, the old or the new', async () => {
  const page = await newPage();
  let store = await openDemo(page);
  await store.commit(update('saved'));
  await store.close();
  // Begun and not finished.
  await page.call('createEmpty', 'mnemesh/demo/2', 1);
  store = await openDemo(page);
  expect(await logged(store)).toEqual(['saved']);
  expect(await page.call('databases')).toEqual([database]);
  await store.erase([]);
  await store.commit({ updates: [{ guid, update: bytes('after') }] });
  await store.close();
  // Finished, but for the deletion of the old one.
  await page.call('createEmpty', database, 1);
  store = await openDemo(page);
  expect(await logged(store)).toEqual(['saved', 'after']);
  expect(await page.call('databases')).toEqual(['mnemesh/demo/2']);
});
