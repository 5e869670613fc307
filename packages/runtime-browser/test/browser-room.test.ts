import { expect, test } from 'vitest';
import { browserRoom } from '../src/index.js';

test('what the browser estimates is told, and nothing where it does not', async () => {
  const room = browserRoom({ estimate: async () => ({ usage: 5, quota: 10 }) });
  expect(await room.estimate()).toEqual({ usedBytes: 5, quotaBytes: 10 });
  expect(await browserRoom({ estimate: async () => ({}) }).estimate()).toBeUndefined();
  expect(await browserRoom({}).estimate()).toBeUndefined();
});

test('a store that is kept already is not asked for again', async () => {
  let asked = 0;
  const persist = async (): Promise<boolean> => {
    asked += 1;
    return true;
  };
  expect(await browserRoom({ persisted: async () => true, persist }).keep()).toBe(true);
  expect(asked).toBe(0);
  expect(await browserRoom({ persisted: async () => false, persist }).keep()).toBe(true);
  expect(asked).toBe(1);
});

test('a worker, which may not ask, asks nobody', async () => {
  expect(await browserRoom({ persisted: async () => false }).keep()).toBeUndefined();
});
