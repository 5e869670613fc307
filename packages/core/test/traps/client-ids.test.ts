import { expect, test } from 'vitest';
import { clientsAt } from '../document-view.js';
import { placeOf } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');

test('a segment that was unloaded and loaded again is written under a fresh client id, and loses nothing [ND] [CV]', async () => {
  const world = new World();
  const sweeps = false;
  const a = await world.open('a', { answers: true, limits: { loaded: 1 }, sweeps });
  await a.memory.create({ content: 'Before.' });
  for (const name of ['x', 'y', 'z']) await a.memory.in(name).create({ content: 'Elsewhere.' });
  expect(a.status.segments).toEqual({ known: 5, loaded: 1 });
  await a.memory.create({ content: 'After.' });

  expect(await clientsAt(a, NOTES)).toHaveLength(2);
  const b = await world.open('b', { dials: ['a'] });
  await world.inStep(a, b);
  const contents = (await b.memory.list()).map(({ content }) => content);
  expect(contents).toEqual(['After.', 'Before.']);
});

test('a write that comes while its segment is loading waits for what is stored [ND] [CV]', async () => {
  const world = new World();
  const first = await world.open('a');
  await first.memory.create({ content: 'Before.' });
  await first.close();

  world.machine('a').disk.latency = { minMs: 20, maxMs: 40 };
  const a = await world.complete(world.open('a', { answers: true }));
  expect(a.status.segments.loaded).toBe(0);
  const early = ['One.', 'Two.', 'Three.'].map((content) => a.memory.create({ content }));
  await world.complete(Promise.all(early));

  expect(await clientsAt(a, NOTES)).toHaveLength(2);
  const b = await world.open('b', { dials: ['a'] });
  await world.inStep(a, b);
  const contents = (await b.memory.list()).map(({ content }) => content);
  expect(contents.sort()).toEqual(['Before.', 'One.', 'Three.', 'Two.']);
});

test('client ids are random numbers of 53 bits, other ones on every replica', async () => {
  const world = new World();
  const seen = new Set<number>();
  for (const name of ['a', 'b', 'c']) {
    const replica = await world.open(name);
    for (const space of ['x', 'y', 'z']) {
      await replica.memory.in(space).create({ content: 'Once.' });
      for (const client of await clientsAt(replica, placeOf(space))) seen.add(client);
    }
  }
  expect(seen.size).toBe(9);
  // Below 32 bits lies one of two million.
  for (const client of seen) expect(client).toBeGreaterThan(2 ** 32);
});

test('no opening of a store writes under a client id of an earlier one [ND]', async () => {
  const world = new World();
  const openings = 6;
  for (let n = 0; n < openings; n++) {
    const a = await world.open('a');
    await a.memory.create({ content: `Opening ${n}.` });
    expect(await clientsAt(a, NOTES)).toHaveLength(n + 1);
    await a.close();
  }
});
