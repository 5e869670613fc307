// @vitest-environment happy-dom
import { act } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useRecall } from '../src/index.js';
import { observe } from './observed-mesh.js';
import { show } from './page.js';
import { type OpenMesh, World } from './world.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function meshWithItems(): Promise<OpenMesh> {
  const a = await new World().open('a');
  await a.memory.create({ content: 'The ferry leaves from pier four.' });
  await a.memory.create({ content: 'The parrot belongs to Ana.' });
  return a;
}

const useTyped = (query: string) => useRecall(query);
const pass = (ms: number): Promise<void> =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });

test('what is typed is recalled once the typing pauses, and only the last of it', async () => {
  const observed = observe(await meshWithItems());
  const page = await show(observed.mesh, useTyped, '');
  expect(page.now).toEqual({ data: undefined, error: undefined, isStale: false });
  for (const typed of ['p', 'pa', 'par', 'parr', 'parro', 'parrot']) {
    await page.render(typed);
    await pass(50);
  }
  expect(page.now.data).toBeUndefined();
  expect(vi.getTimerCount()).toBe(1);
  await pass(120);
  expect(page.now.data?.hits[0]?.text).toBe('The parrot belongs to Ana.');
  expect(observed.asked).toBe(1);
});

test('while the next question is typed the last answer stays, marked; a blank one clears it', async () => {
  const a = await meshWithItems();
  const page = await show(a, useTyped, 'parrot');
  await pass(120);
  const { data } = page.now;
  await page.render('ferry');
  expect(page.now).toEqual({ data, error: undefined, isStale: true });
  await pass(120);
  expect(page.now).toMatchObject({ isStale: false });
  expect(page.now.data?.hits[0]?.text).toBe('The ferry leaves from pier four.');
  await page.render('  ');
  expect(page.now).toEqual({ data: undefined, error: undefined, isStale: false });
});

test('an answer that the next question overtook is dropped', async () => {
  const observed = observe(await meshWithItems());
  const release = observed.hold();
  const page = await show(observed.mesh, useTyped, 'parrot');
  await pass(120);
  expect(observed.asked).toBe(1);
  await page.render('ferry');
  const answered = observed.hold();
  await pass(120);
  answered();
  await pass(0);
  const ferry = page.now;
  expect(ferry.data?.hits[0]?.text).toBe('The ferry leaves from pier four.');
  release();
  await pass(1_000);
  expect(page.now).toBe(ferry);
});

test('a question that is refused gives its error, and the next one its answer', async () => {
  const a = await meshWithItems();
  const page = await show(a, useTyped, 'x'.repeat(10_001));
  await pass(120);
  expect(page.now).toMatchObject({ data: undefined, error: { code: 'too_large' } });
  await page.render('ferry');
  await pass(120);
  expect(page.now.error).toBeUndefined();
  expect(page.now.data?.hits).not.toEqual([]);
});

test('options are compared by value, and a delay of 0 asks at once', async () => {
  const a = await meshWithItems();
  const page = await show(
    a,
    (limit: number) => useRecall('ferry', { limit, namespaces: ['shared/memory'], debounceMs: 0 }),
    1,
  );
  const { now } = page;
  expect(now.data?.hits).toHaveLength(1);
  await page.render(1);
  expect(page.now).toBe(now);
});

test('a page that goes away while somebody types leaves no timer behind, and asks nothing', async () => {
  const observed = observe(await meshWithItems());
  const page = await show(observed.mesh, useTyped, 'parrot');
  expect(vi.getTimerCount()).toBe(1);
  await page.unmount();
  expect(vi.getTimerCount()).toBe(0);
  await pass(1_000);
  expect(observed.asked).toBe(0);
});
