import { expect, test } from 'vitest';
import { type OpenReplica, World } from '../world.js';

const NAMESPACES = 24;
/** Of content in each namespace. All of it is some three times what a link carries. */
const CONTENT_BYTES = 1_000;
const LINK_BYTES = 8_000;

/** From now on every link from the relay to this replica breaks when it has carried this much. */
function breakEarly(world: World, name: string, bytes: number): void {
  const carried = new Map<number, number>();
  world.network.watch(({ event, link, from, to, frame }) => {
    if (event !== 'arrived' || from !== 'relay' || to !== name) return;
    const sum = (carried.get(link) ?? 0) + (frame?.length ?? 0);
    carried.set(link, sum);
    if (sum >= bytes) world.time.after(0, () => world.network.break('relay', name));
  });
}

async function count(mesh: OpenReplica): Promise<number> {
  let sum = 0;
  for (let n = 0; n < NAMESPACES; n++) sum += await mesh.memory.in(`team/${n}`).count();
  return sum;
}

test('a replica whose links never last to the end of what it missed catches up nevertheless [PR]', async () => {
  const world = new World();
  await world.serveRelay();
  const alice = await world.open('alice', { relay: true });
  const bob = await world.open('bob', { relay: true });
  await alice.memory.create({ content: 'Bob has a cursor.' });
  await world.inStep(alice, bob);
  bob.setOffline(true);
  for (let n = 0; n < NAMESPACES; n++)
    await alice.memory.in(`team/${n}`).create({ content: 'x'.repeat(CONTENT_BYTES) });
  await world.inStep(alice);

  breakEarly(world, 'bob', LINK_BYTES);
  bob.setOffline(false);
  await world.eventually('all has come', async () => (await count(bob)) === NAMESPACES);
  await world.eventually('in step', () => bob.status.synced && bob.status.awaited === 0);
  expect(world.network.counters.broken).toBeGreaterThan(2);
});
