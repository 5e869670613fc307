import type { RoomEstimate, StorageRoom } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { roomLimits } from '../src/replica/room-watch.js';
import { World } from './world.js';

const QUOTA = 1_000_000;
const DAY_MS = 86_400_000;

/** A device that says what the test says. */
class ScriptedRoom implements StorageRoom {
  used = 0;
  asked = 0;
  looks = 0;
  answer: boolean | undefined = true;

  async estimate(): Promise<RoomEstimate | undefined> {
    this.looks += 1;
    return { usedBytes: this.used * QUOTA, quotaBytes: QUOTA };
  }

  async keep(): Promise<boolean | undefined> {
    this.asked += 1;
    return this.answer;
  }
}

test('the status says how much room is left, and what to do before it ends', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  const a = await world.open('a', { room });
  expect(a.status.room).toEqual({ level: 'untold', kept: undefined });
  const told: (string | undefined)[] = [];
  a.onStatus(({ room: now }) => told.push(now?.level));
  const levelAt = async (used: number) => {
    room.used = used;
    await world.time.advance(roomLimits.everyMs);
    return a.status.room;
  };
  expect(await levelAt(0.5)).toMatchObject({ level: 'enough', usedBytes: 500_000 });
  expect((await levelAt(0.5))?.advice).toBeUndefined();
  expect(await levelAt(0.81)).toMatchObject({
    level: 'low',
    advice: expect.stringMatching(/^81 % of the room .* Free space on this device/),
  });
  expect(await levelAt(0.97)).toMatchObject({
    level: 'short',
    advice: expect.stringMatching(/Soon nothing can be saved/),
  });
  expect(await levelAt(0.2)).toMatchObject({ level: 'enough' });
  expect(told).toEqual(expect.arrayContaining(['enough', 'low', 'short']));
});

test('the device is asked to keep the store with the first write, and once', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  const a = await world.open('a', { room });
  await a.memory.list();
  await world.time.advance(roomLimits.everyMs);
  expect(room.asked).toBe(0);
  await a.memory.create({ content: 'One.' });
  await a.memory.create({ content: 'Two.' });
  await world.time.advance(10);
  expect(room.asked).toBe(1);
  expect(a.status.room?.kept).toBe(true);
});

test('a write does not wait for the person who is asked', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  room.keep = () => new Promise(() => undefined);
  const a = await world.open('a', { room });
  await a.memory.create({ content: 'Saved.' });
  expect(a.status.room?.kept).toBeUndefined();
  await a.close();
});

test('when room is short, what retention ends goes at once, logs are folded, and nothing else is lost', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  const a = await world.open('a', { room, limits: { records: 3 } });
  for (let n = 0; n < 12; n++) await a.memory.create({ content: `Archived ${n}.` });
  for (const { id } of await a.memory.list({ limit: 100 })) await a.memory.archive(id);
  await a.retain('shared/memory', 1);
  // Expired, and the next look for what has expired is minutes away.
  await world.time.advance(DAY_MS + 60_000);
  await a.memory.create({ content: 'Kept.' });
  for (let n = 0; n < 12; n++) await a.tasks.create({ title: `Task ${n}.` });
  const rows = async () =>
    (await a.inner.store.documents()).reduce((sum, { updates }) => sum + updates, 0);
  const segments = async () =>
    (await a.inner.store.documents()).filter(({ namespace }) => namespace === 'shared/memory');
  const before = { rows: await rows(), segments: (await segments()).length };
  room.used = 0.95;
  await world.time.advance(roomLimits.everyMs);
  expect(await rows()).toBeLessThan(before.rows);
  expect((await segments()).length).toBeLessThan(before.segments);
  expect((await a.memory.list({ limit: 100 })).map(({ content }) => content)).toEqual(['Kept.']);
  expect(await a.tasks.count()).toBe(12);
});

test('a log whose folded copy would find no room is left as it is', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  const a = await world.open('a', { room });
  for (let n = 0; n < 12; n++) await a.tasks.create({ title: `Task ${n}.` });
  const before = await a.inner.store.documents();
  room.used = 0.9999;
  await world.time.advance(roomLimits.everyMs);
  expect(a.status.room?.level).toBe('short');
  expect(await a.inner.store.documents()).toEqual(before);
});

test('it frees room once in a while, not with every look', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  const a = await world.open('a', { room });
  room.used = 0.95;
  await world.time.advance(roomLimits.firstLookMs + 10);
  const looks = room.looks;
  await world.time.advance(3 * roomLimits.everyMs);
  expect(room.looks).toBe(looks + 3);
  expect(a.status.room?.level).toBe('short');
});

test('after a failed store, a person reads when there is room to open the mesh again', async () => {
  const world = new World();
  const room = new ScriptedRoom();
  const a = await world.open('a', { room });
  world.machine('a').disk.planFault(1, 'fail');
  await expect(a.memory.create({ content: 'Lost.' })).rejects.toMatchObject({
    code: 'store_failed',
  });
  room.used = 0.95;
  await world.time.advance(roomLimits.everyMs);
  expect(a.status.room?.advice).toMatch(/Free space on this device/);
  room.used = 0.3;
  await world.time.advance(roomLimits.everyMs);
  expect(a.status.room?.advice).toMatch(/Open the mesh again/);
});
