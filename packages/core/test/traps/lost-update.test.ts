import { expect, test } from 'vitest';
import { type OpenReplica, World } from '../world.js';

async function contents(mesh: OpenReplica): Promise<readonly string[]> {
  return (await mesh.memory.list()).map(({ content }) => content);
}

const orders = [
  // The ack finds the failing save still on its way to the disk.
  ['while it fails', { groupDelayMs: 2, diskMs: 200 }],
  // The ack finds a disk that works again.
  ['after it failed', { groupDelayMs: 1_000, diskMs: 0 }],
] as const;

test.each(orders)(
  'a received update whose save fails is not passed over, though the relay acks it %s [ND] [CV]',
  async (_, { groupDelayMs, diskMs }) => {
    const world = new World();
    await world.serveRelay({ groupDelayMs });
    const alice = await world.open('alice', { relay: true });
    const bob = await world.open('bob', { relay: true });
    await alice.memory.create({ content: 'First.' });
    await world.inStep(alice, bob);
    await world.eventually('the cursor is durable', () => world.savedCursor('bob') > 0);
    await world.time.advance(5_000);
    const before = world.savedCursor('bob');

    const { disk } = world.machine('bob');
    disk.latency = { minMs: diskMs, maxMs: diskMs };
    disk.planFault(1, 'fail');
    await world.complete(alice.memory.create({ content: 'Lost on bob’s disk.' }).acked);
    await world.eventually('the save has failed', () => bob.status.storeError !== undefined);
    await world.time.advance(5_000);
    expect(world.savedCursor('bob')).toBe(before);
    await bob.close();

    disk.latency = { minMs: 0, maxMs: 0 };
    const again = await world.open('bob', { relay: true });
    expect(await contents(again)).toEqual(['First.']);
    await world.inStep(alice, again);
    expect(await contents(again)).toEqual(['Lost on bob’s disk.', 'First.']);
    await world.eventually('the cursor goes on', () => world.savedCursor('bob') > before);
  },
);
