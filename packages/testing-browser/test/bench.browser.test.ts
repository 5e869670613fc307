import { expect, test } from 'vitest';
import { benchInBrowser } from '../src/index.js';

const bench = benchInBrowser(new URL('counting-page.ts', import.meta.url));

test('pages of one device share what it keeps, and devices share nothing', async () => {
  const [one, two] = await Promise.all([bench.device(), bench.device()]);
  const first = await one.open(bench.url);
  expect(await first.call('count')).toBe(1);
  await first.close();
  expect(await (await one.open(bench.url)).call('count')).toBe(2);
  expect(await (await two.open(bench.url)).call('count')).toBe(1);
});

test('values reach a page and come back as they were', async () => {
  const page = await (await bench.device()).open(bench.url);
  const value = {
    bytes: Uint8Array.from({ length: 20_000 }, (_, n) => n),
    columns: [Uint32Array.of(1, 2 ** 31), Float64Array.of(0.1, 1.8e18), Float32Array.of(0.5)],
    map: new Map([[3, { text: 'naïve 🦜 \u0000' }]]),
    list: [1, 'two', null, [], {}],
  };
  expect(await page.call('echo', value)).toEqual(value);
  expect(await page.call('echo')).toBeUndefined();
});

test('what a page throws is thrown to the test, with its code', async () => {
  const page = await (await bench.device()).open(bench.url);
  await expect(page.call('refuse')).rejects.toMatchObject({ code: 'not_found' });
  await expect(page.call('nothing')).rejects.toThrow(/no "nothing"/);
});

test('a problem in a page that nobody expected is not overlooked', async () => {
  const device = await bench.device();
  const page = await device.open(bench.url);
  await page.call('complain');
  await page.call('forget');
  await expect.poll(() => device.takeProblems().join()).toMatch(/wrong|caught/);
  await page.call('complain');
  await expect(device.close()).rejects.toThrow(/Something is wrong/);
});
