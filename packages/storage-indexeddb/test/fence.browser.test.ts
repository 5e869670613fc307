import { benchInBrowser } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { database, guid, logged, takeDemo, update } from './samples.js';

const bench = benchInBrowser(new URL('store-page.ts', import.meta.url));

const taken = { code: 'store_in_use', message: expect.stringMatching(/taken over/) };

test('[ND] a page that lost the store to another writes nothing any more, and is told so', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  const store = await takeDemo(next);
  await store.commit(update('of the next'));
  await expect(before.commit(update('too late'))).rejects.toMatchObject(taken);
  await expect(before.erase([guid])).rejects.toMatchObject(taken);
  await expect(
    before.vectors.put('words', [
      { namespace: 'a', id: 'b', vector: new Float32Array(1) },
    ] as never),
  ).rejects.toMatchObject({ code: 'store_in_use' });
  await store.commit(update('and again'));
  expect(await logged(store)).toEqual(['saved', 'of the next', 'and again']);
  expect(await old.call('databases')).toEqual([database]);
  await before.close();
  await store.commit(update('after it closed'));
  expect(await logged(store)).toHaveLength(4);
});

test('[ND] of pages that take a store at once one has it, and the others have written nothing', async () => {
  const device = await bench.device();
  const pages = await Promise.all([1, 2, 3].map(() => device.open(bench.url)));
  for (let round = 0; round < 5; round++) {
    const opened = await Promise.allSettled(pages.map((page) => takeDemo(page)));
    const written = await Promise.allSettled(
      opened.map(async (one) => {
        if (one.status === 'rejected') throw one.reason;
        await one.value.commit(update(`round ${round}`));
        return one.value;
      }),
    );
    for (const one of written)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'store_in_use' });
    const saved = written.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const last = saved.at(-1) ?? (await takeDemo(pages[0] as never));
    expect((await logged(last)).filter((text) => text === `round ${round}`)).toHaveLength(
      saved.length,
    );
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
  }
});

test('[CP] a page that lost the store while it rewrote it cannot put its copy in its place', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  await old.call('pauseCopies');
  const erasing = before.erase([]).then(
    () => 'erased',
    (error) => error.code,
  );
  await expect.poll(() => old.call('databases')).toHaveLength(2);
  const store = await takeDemo(next);
  await store.commit(update('of the next'));
  await old.call('resumeCopies');
  expect(await erasing).toBe('store_in_use');
  await before.close();
  await store.close();
  const again = await takeDemo(next);
  expect(await logged(again)).toEqual(['saved', 'of the next']);
  expect(await next.call('databases')).toEqual([database]);
});

test('[ND] what a page was told is saved while another took the store is there', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  await next.call('pauseCopies');
  const taking = takeDemo(next);
  await expect.poll(() => next.call('standing')).toBeGreaterThan(0);
  await before.commit(update('late'));
  await next.call('resumeCopies');
  const store = await taking;
  await store.commit(update('of the next'));
  expect(await logged(store)).toEqual(['saved', 'late', 'of the next']);
  expect(await store.documents()).toMatchObject([{ guid, updates: 3 }]);
});

test('[ND] a page that lost the store before it begins to rewrite it makes no copy that becomes the store', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  await old.call('pauseListings', 0, true);
  const erasing = before.erase([]).then(
    () => 'erased',
    (error) => error.code,
  );
  await expect.poll(() => old.call('standing')).toBeGreaterThan(0);
  const store = await takeDemo(next);
  await store.commit(update('of the next'));
  await old.call('resumeListings');
  expect(await erasing).toBe('store_in_use');
  await expect(before.commit(update('too late'))).rejects.toMatchObject(taken);
  await before.close();
  await store.close();
  const again = await takeDemo(next);
  expect(await logged(again)).toEqual(['saved', 'of the next']);
  expect(await next.call('databases')).toEqual([database]);
});

test.each([
  ['before it rewrites the store', 0, true],
  ['while it deletes older copies', 1, false],
] as const)(
  '[ND] a page that stands still %s touches nothing of those who rewrote it since, though they have closed it',
  async (_, passed, made) => {
    const device = await bench.device();
    const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
    const before = await takeDemo(old);
    await before.commit(update('saved'));
    await old.call('pauseListings', passed, made);
    const erasing = before.erase([]).then(
      () => 'erased',
      (error) => error.code,
    );
    await expect.poll(() => old.call('standing')).toBeGreaterThan(0);
    const store = await takeDemo(next);
    // The page that stands still has the old database open.
    await expect(store.erase([])).rejects.toMatchObject({ code: 'store_failed' });
    await store.commit(update('of the next'));
    await store.close();
    await old.call('resumeListings');
    expect(await erasing).toBe('store_in_use');
    expect(await logged(await takeDemo(next))).toEqual(['saved', 'of the next']);
  },
);

test('[ND] a copy that was finished while another took the store is the store, and that other has it', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  await next.call('pauseCopies');
  const taking = takeDemo(next);
  await expect.poll(() => next.call('standing')).toBeGreaterThan(0);
  // The one that takes it has the old database open.
  await expect(before.erase([])).rejects.toMatchObject({ code: 'store_failed' });
  await before.commit(update('after it'));
  await next.call('resumeCopies');
  const store = await taking;
  await expect(before.commit(update('too late'))).rejects.toMatchObject(taken);
  await store.commit(update('of the next'));
  expect(await logged(store)).toEqual(['saved', 'after it', 'of the next']);
  await before.close();
  await store.close();
  expect(await logged(await takeDemo(next))).toEqual(['saved', 'after it', 'of the next']);
});

test('[CP] a copy that was begun while others took the store, one after the other, is ended for all of them', async () => {
  const device = await bench.device();
  const [old, next, third] = await Promise.all([1, 2, 3].map(() => device.open(bench.url)));
  if (old === undefined || next === undefined || third === undefined) throw new Error('no page');
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  // Its first list is of one database, and it has taken the store when it asks for the second.
  await next.call('pauseListings', 1, false);
  await next.call('pauseCopies');
  const taking = takeDemo(next);
  await expect.poll(() => next.call('standing')).toBe(1);
  // It has seen twice that it has the store, and is about to write the copy's last row.
  await old.call('pauseCounts', 1);
  const erasing = before.erase([]).then(
    () => 'erased',
    (error) => error.code,
  );
  await expect.poll(() => old.call('standing')).toBeGreaterThan(0);
  await next.call('resumeCopies');
  await expect.poll(() => next.call('standing')).toBe(2);
  const store = await takeDemo(third);
  await store.commit(update('of the third'));
  await old.call('resumeCounts');
  expect(await erasing).toBe('store_in_use');
  await next.call('resumeListings');
  await expect((await taking).commit(update('too late'))).rejects.toMatchObject(taken);
  expect(await logged(store)).toEqual(['saved', 'of the third']);
});

test('an erasure does not wait for a page that has an older copy open', async () => {
  const device = await bench.device();
  const [old, next] = [await device.open(bench.url), await device.open(bench.url)];
  const before = await takeDemo(old);
  await before.commit(update('saved'));
  const store = await takeDemo(next);
  await next.call('countDeletions');
  await expect(store.erase([])).rejects.toMatchObject({ code: 'store_failed' });
  expect(await next.call('countDeletions')).toBe(0);
  await store.commit({ updates: update('goes on').updates ?? [] });
  await before.close();
  await store.erase([]);
  expect(await logged(store)).toEqual(['saved', 'goes on']);
  expect(await next.call('databases')).toEqual(['mnemesh/demo/3']);
});
