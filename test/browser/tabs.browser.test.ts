import { benchInBrowser, stopPage, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

const leads = async (page: TestPage): Promise<boolean> =>
  (await page.call<{ readonly leads: boolean }>('status')).leads;

test('[ND] [CV] three tabs of a site share one replica; when the one that leads is closed, another leads, and again when that one stands still', async () => {
  const device = await bench.device();
  const tabs = [];
  for (const agent of ['ann', 'ben', 'cid']) {
    const tab = await device.open(bench.url);
    await tab.call('openAs', agent);
    await tab.call('watch');
    tabs.push(tab);
  }
  const [ann, ben, cid] = tabs as [TestPage, TestPage, TestPage];
  expect(await Promise.all(tabs.map(leads))).toEqual([true, false, false]);

  await Promise.all(tabs.map((tab, n) => tab.call('remember', `${n} at once`)));
  const all = ['0 at once', '1 at once', '2 at once'];
  for (const tab of tabs) {
    await expect.poll(() => tab.call('told')).toEqual(all);
    expect(await tab.call('contents')).toEqual(all);
  }

  const sessions = await Promise.all([ben, cid].map((tab) => tab.call('session')));
  await ann.close();
  expect(await ben.call<number>('timeToRemember', 'ben goes on')).toBeLessThan(1_000);
  await cid.call('remember', 'cid goes on');
  all.push('ben goes on', 'cid goes on');
  for (const tab of [ben, cid]) await expect.poll(() => tab.call('told')).toEqual(all);
  const [next, last] = (await leads(ben)) ? [ben, cid] : [cid, ben];
  expect(await leads(last)).toBe(false);

  const stopped = await stopPage(next);
  expect(await last.call<number>('timeToRemember', 'with nobody to ask')).toBeLessThan(1_000);
  expect(await leads(last)).toBe(true);
  all.push('with nobody to ask');
  expect(await last.call('contents')).toEqual(all);

  stopped.resume();
  await next.call('remember', 'woken up');
  all.push('woken up');
  for (const tab of [next, last]) await expect.poll(() => tab.call('contents')).toEqual(all);
  expect(await leads(next)).toBe(false);
  expect(await Promise.all([ben, cid].map((tab) => tab.call('session')))).toEqual(sessions);
});
