import type { StoreBatch } from '@mnemesh/core';
import { benchInBrowser } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { guid, known, lastOf, openDemo, other, Words, words } from './samples.js';

const bench = benchInBrowser(new URL('y-store-page.ts', import.meta.url));

/** Write transactions of the commits below; the last failure is of none. */
const WRITES = 14;

test('[CP] [DL] a change of adapter that fails anywhere leaves one store, and no copy of a document beside it', async () => {
  const page = await (await bench.device()).open(bench.url);
  const store = await openDemo(page, { prefix: 'rows:mnemesh' });
  await store.commit(new Words().add('saved'));
  await store.commit(new Words(other).add('beside'));
  await store.close();
  const check = async (prefix: string): Promise<void> => {
    const opened = await openDemo(page, { prefix });
    expect([await words(opened), await words(opened, other)]).toEqual(['saved ', 'beside ']);
    expect(opened.damaged).toEqual([]);
    await opened.close();
  };
  let failures = 0;
  for (const to of ['mnemesh', 'rows:mnemesh', 'mnemesh']) {
    for (let n = 0; n < 8; n++) {
      await page.call('abortWrites', 1, n);
      const moved = await openDemo(page, { prefix: to }).catch(() => undefined);
      if (moved === undefined) failures += 1;
      await moved?.close();
      await page.call('abortWrites', 0);
      // Once as it was before, and once as it is to be.
      if (n % 2 === 1) continue;
      await check('rows:mnemesh');
      expect(await page.call('databases')).toHaveLength(1);
    }
    await check(to);
  }
  expect(failures).toBeGreaterThan(8);
});

test('[CP] [DL] when any one write fails, what was saved loads, whole, and nothing else does or is left', async () => {
  const page = await (await bench.device()).open(bench.url);
  let failures = 0;
  for (let n = 0; n < WRITES; n++) {
    const mesh = `demo${n}`;
    const store = await openDemo(page, { mesh });
    await page.call('abortWrites', 1, n);
    const saved = { [guid]: '', [other]: '' };
    let failed = false;
    const commit = async (batch: StoreBatch, added: Partial<typeof saved> = {}) => {
      const outcome = await store.commit(batch).then(
        () => 'saved',
        () => 'lost',
      );
      // After one failure no commit counts, and none that counted is lost.
      if (failed) expect(outcome).toBe('lost');
      if (outcome === 'lost') failed = true;
      else for (const [one, word] of Object.entries(added)) saved[one as typeof guid] += `${word} `;
    };
    const [one, two] = [new Words(), new Words(other)];
    await commit(one.add('first'), { [guid]: 'first' });
    const both = [one.add('second'), two.add('beside')];
    const updates = both.flatMap((batch) => batch.updates ?? []);
    const documents = both.flatMap((batch) => batch.documents ?? []);
    await commit({ documents, updates }, { [guid]: 'second', [other]: 'beside' });
    const through = await lastOf(store);
    await commit(one.snapshot(through));
    await commit({ prune: [{ guid, through }] });
    await commit(one.add('third'), { [guid]: 'third' });
    await store.close();
    if (failed) failures += 1;
    await page.call('abortWrites', 0);

    const again = await openDemo(page, { mesh });
    expect(await words(again)).toBe(saved[guid]);
    expect(await words(again, other)).toBe(saved[other]);
    expect(again.damaged).toEqual([]);
    // It goes on: what the failure left is in nobody's way.
    const next = new Words('c'.padEnd(43, '-') as typeof guid);
    await again.commit(next.add('goes on'));
    const covered = (await again.document(guid))?.snapshotThrough ?? 0;
    const folded = one.snapshot(Math.max(covered, await lastOf(again)));
    await again.commit({ documents: [known(guid)], ...folded });
    expect(await page.call('snapshots', `mnemesh.documents/${mesh}/1/${guid}`)).toBe(1);
    await again.close();
  }
  expect(failures).toBeGreaterThan(8);
});
