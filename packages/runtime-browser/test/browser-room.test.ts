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

test('a refused write says more of the room than the browser, until more is used or time is over', async () => {
  let usage = 40;
  let time = 0;
  const room = browserRoom({ estimate: async () => ({ usage, quota: 1000 }) }, () => time);
  expect(await room.estimate()).toEqual({ usedBytes: 40, quotaBytes: 1000 });
  room.refused();
  expect(await room.estimate()).toEqual({ usedBytes: 40, quotaBytes: 40 });
  usage = 30;
  expect(await room.estimate()).toEqual({ usedBytes: 30, quotaBytes: 40 });
  usage = 41;
  expect(await room.estimate()).toEqual({ usedBytes: 41, quotaBytes: 1000 });
  room.refused();
  expect(await room.estimate()).toEqual({ usedBytes: 41, quotaBytes: 41 });
  time = REFUSAL_MS;
  expect(await room.estimate()).toEqual({ usedBytes: 41, quotaBytes: 1000 });
});
