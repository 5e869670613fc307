import { randomBytes } from 'node:crypto';
import type { StoreBatch } from '@mnemesh/core';
import { benchInBrowser } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { database, guid, logged, openDemo, update } from './samples.js';

const bench = benchInBrowser(new URL('store-page.ts', import.meta.url));

const blocked = { code: 'store_failed', message: expect.stringMatching(/Close the other tabs/) };

/** So many updates of so many bytes each. */
function updates(count: number, size: number): StoreBatch {
  const one = () => ({ guid, update: new Uint8Array(randomBytes(size)) });
  return { ...update(''), updates: Array.from({ length: count }, one) };
}

test('a rewriting that the disk has no room for leaves no half copy, and the store goes on', async () => {
  const page = await (await bench.device()).open(bench.url);
  const session = await page.page.context().newCDPSession(page.page);
  const origin = new URL(bench.url).origin;
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 11_000_000 });
  const store = await openDemo(page);
  // More rows than are copied at once: there is room for some of them.
  for (let n = 0; n < 6; n++) await store.commit(updates(50, 20_000));
  await expect(store.erase([])).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringMatching(/no more room for this site/),
  });
  expect(await page.call('databases')).toEqual([database]);
  // Chromium takes its time to give back what was deleted.
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 40_000_000 });
  for (let n = 0; n < 2; n++) await store.commit(updates(1, 1_500_000));
  expect((await store.document(guid))?.log).toHaveLength(302);
});

test('nothing counts as erased while another tab holds any older copy', async () => {
  const device = await bench.device();
  const [page, other] = [await device.open(bench.url), await device.open(bench.url)];
  const store = await openDemo(page);
  await store.commit(update('saved'));
  await other.call('hold', database);
  await expect(store.erase([])).rejects.toMatchObject(blocked);
  await expect(store.erase([])).rejects.toMatchObject(blocked);
  await other.call('release');
  await store.erase([]);
  expect(await page.call('databases')).toEqual(['mnemesh/demo/4']);
  expect(await logged(store)).toEqual(['saved']);
});

test('a mesh opens while another tab holds an older copy of its store', async () => {
  const device = await bench.device();
  const [page, other] = [await device.open(bench.url), await device.open(bench.url)];
  const store = await openDemo(page);
  await store.commit(update('saved'));
  await other.call('hold', database);
  await expect(store.erase([])).rejects.toMatchObject(blocked);
  await store.commit({ updates: update('after').updates ?? [] });
  await store.close();
  const again = await openDemo(page);
  expect(await logged(again)).toEqual(['saved', 'after']);
  await again.commit(update('goes on'));
});
