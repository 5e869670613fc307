import { expect, test } from 'vitest';
import { browserRoom, REFUSAL_MS } from '../src/index.js';

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

test('a refused write says more of the room than the browser, until clearly more is used or time is over', async () => {
  const MIB = 2 ** 20;
  let usage = 40 * MIB;
  let time = 0;
  const quota = 1000 * MIB;
  const room = browserRoom({ estimate: async () => ({ usage, quota }) }, () => time);
  const told = async (): Promise<readonly number[]> => {
    const { usedBytes = 0, quotaBytes = 0 } = (await room.estimate()) ?? {};
    return [usedBytes / MIB, quotaBytes / MIB];
  };
  expect(await told()).toEqual([40, 1000]);
  room.refused();
  expect(await told()).toEqual([40, 40]);
  usage = 30 * MIB;
  expect(await told()).toEqual([30, 40]);
  usage = 41 * MIB;
  expect(await told()).toEqual([41, 41]);
  usage = 43 * MIB;
  expect(await told()).toEqual([43, 1000]);
  room.refused();
  expect(await told()).toEqual([43, 43]);
  time = REFUSAL_MS;
  expect(await told()).toEqual([43, 1000]);
});
