import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RoomLimits } from '../../src/index.js';
import type { RoomClient } from './room-client.js';
import { RoomsBench } from './rooms-bench.js';

let bench: RoomsBench;

beforeEach(async () => {
  bench = await RoomsBench.start();
});

afterEach(() => bench.close());

async function limited(limits: Partial<RoomLimits>): Promise<void> {
  await bench.close();
  bench = await RoomsBench.start(limits);
}

const here = (client: RoomClient): readonly number[] => [...client.presence.keys()].sort();

describe('presence', () => {
  test('reaches everybody in the room, its sender too', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.sayPresence(1, 1, { name: 'Ann' });
    await bench.settle();
    const known = { clock: 1, state: { name: 'Ann' } };
    expect(ann.presence.get(1)).toEqual(known);
    expect(bob.presence.get(1)).toEqual(known);
  });

  test('is told to whoever comes later, and to whoever asks', async () => {
    const ann = await bench.join();
    ann.sayPresence(1, 1, { name: 'Ann' });
    await bench.settle();
    const bob = await bench.join();
    expect(here(bob)).toEqual([1]);
    bob.presence.clear();
    bob.say(3, undefined, () => undefined);
    await bench.settle();
    expect(here(bob)).toEqual([1]);
  });

  test('goes with its client', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.sayPresence(1, 1, {});
    bob.sayPresence(2, 1, {});
    await bench.settle();
    ann.leave();
    await bench.settle();
    expect(here(bob)).toEqual([2]);
    expect(here(await bench.join())).toEqual([2]);
  });

  test('repeated by those who were told it, stays with its client and makes no noise', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.sayPresence(1, 1, {});
    await bench.settle();
    const before = bob.received.length;
    bob.sayPresence(1, 1, {});
    await bench.settle();
    expect(bob.received.length).toBe(before);
    ann.leave();
    await bench.settle();
    expect(here(bob)).toEqual([]);
    bob.sayPresence(1, 1, {});
    await bench.settle();
    expect(here(await bench.join())).toEqual([]);
  });

  test('of a client that is back by a new link does not go with the old one', async () => {
    const [old, bob] = [await bench.join(), await bench.join()];
    old.sayPresence(1, 1, {});
    await bench.settle();
    const again = bench.client().enter(bench.rooms, 'room');
    again.sayPresence(1, 1, {});
    await bench.settle();
    old.leave();
    await bench.settle();
    expect(here(bob)).toEqual([1]);
    again.leave();
    await bench.settle();
    expect(here(bob)).toEqual([]);
  });

  test('that its client withdraws is gone', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.sayPresence(1, 1, {});
    await bench.settle();
    ann.sayPresence(1, 1, null);
    await bench.settle();
    expect(here(bob)).toEqual([]);
  });

  test.each([
    ['too large', { presenceBytes: 20 }],
    ['too much for the room', { roomPresenceBytes: 20 }],
    ['of too many clients', { presenceStates: 0 }],
  ])('[BD] %s is dropped and counted', async (_what, limits) => {
    await limited(limits);
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.sayPresence(1, 1, { name: 'x'.repeat(30) });
    await bench.settle();
    expect(here(bob)).toEqual([]);
    expect(ann.closed).toBeUndefined();
    expect(bench.rooms.status().counters.droppedPresence).toBe(1);
  });

  test('[BD] clients that left make room for others', async () => {
    await limited({ presenceStates: 2 });
    const bob = await bench.join();
    bob.sayPresence(99, 1, {});
    for (let client = 1; client < 20; client++) {
      const ann = await bench.join();
      ann.sayPresence(client, 1, {});
      await bench.settle();
      expect(here(bob)).toEqual([99, client].sort());
      ann.leave();
      await bench.settle();
    }
  });
});

describe('a quiet link', () => {
  test('is sent something before the stock client gives up, 30 s after the last message', async () => {
    const ann = await bench.join();
    for (let second = 0; second < 60; second++) {
      ann.sayPresence(0, 0, null);
      await bench.settle(1_000);
    }
    const [first, ...rest] = ann.received.filter(({ type }) => type === 'presence');
    expect(first).toBeDefined();
    expect(rest.length).toBeGreaterThanOrEqual(2);
    expect(ann.closed).toBeUndefined();
  });

  test('of a client that answers no ping is cut off, and one that answers stays', async () => {
    const [gone, alive] = [await bench.join(), await bench.join()];
    const pong = (): void => {
      if (alive.pings > 0) alive.heard();
    };
    for (let second = 0; second < 70; second++) {
      pong();
      await bench.settle(1_000);
    }
    expect(gone.pings).toBe(1);
    expect(gone.closed).toBe('cut off');
    expect(alive.closed).toBeUndefined();
  });
});
