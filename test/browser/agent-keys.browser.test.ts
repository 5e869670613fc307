import { benchInBrowser } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

test('meshes that are opened at once, by pages that are new to the browser, have one key of their agent', async () => {
  const device = await bench.device();
  const pages = [await device.open(bench.url), await device.open(bench.url)];
  const ids = await Promise.all(
    pages.map((page, n) => page.call<string[]>('openAtOnce', [`a${n}`, `b${n}`, `c${n}`])),
  );
  expect(new Set(ids.flat()).size).toBe(1);
  expect(await pages[0]?.call('openAtOnce', ['later'])).toEqual([ids[0]?.[0]]);
});
