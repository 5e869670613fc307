import { expect, test } from 'vitest';
import type { Mesh, MeshStatus } from '../src/index.js';
import { World } from './world.js';

test('status says what is unsaved, unacked, linked and loaded, as it changes', async () => {
  const world = new World();
  world.machine('a').disk.latency = { minMs: 5, maxMs: 5 };
  const a = await world.complete(world.open('a', { relay: true }));
  expect(a.status).toMatchObject({
    mesh: 'team',
    unsaved: 0,
    unacked: 0,
    awaited: 0,
    synced: false,
    offline: false,
    transports: [{ kind: 'relay', address: 'relay', state: 'connecting', links: 0 }],
    segments: { known: 0, loaded: 0 },
    storeError: undefined,
    damaged: 0,
    unverified: 0,
    rejected: [],
    unknownFrames: 0,
  });
  const write = a.memory.create({ content: 'One.' });
  await world.time.settle();
  expect(a.status.unsaved).toBeGreaterThan(0);
  await world.complete(write);
  await world.time.advance(100);
  expect(a.status).toMatchObject({ unsaved: 0, unacked: 2, segments: { known: 2, loaded: 2 } });

  await world.complete(world.serveRelay());
  await world.complete(a.acked());
  await world.eventually('in step', () => a.status.synced);
  expect(a.status).toMatchObject({ unacked: 0, transports: [{ state: 'connected', links: 1 }] });

  a.setOffline(true);
  await world.time.advance(10);
  expect(a.status).toMatchObject({
    offline: true,
    synced: false,
    transports: [{ state: 'offline', links: 0 }],
  });
  await world.complete(a.memory.create({ content: 'Two.' }));
  expect(a.status.unacked).toBe(1);
});

test('whoever watches the status sees its last value, and is told no more after stopping', async () => {
  const world = new World();
  const a = await world.open('a', { relay: true });
  const seen: MeshStatus[] = [];
  const stop = a.onStatus((status) => seen.push(status));
  await a.memory.create({ content: 'One.' });
  await world.serveRelay();
  await world.eventually('in step', () => a.status.synced);
  await world.time.advance(10_000);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.at(-1)).toEqual(a.status);
  expect(seen.some(({ synced }) => synced)).toBe(true);
  stop();
  const told = seen.length;
  await a.memory.create({ content: 'Two.' });
  await world.time.advance(1_000);
  expect(seen).toHaveLength(told);
});

test('status names the replicas that peer links lead to, and none at the end of a relay’s', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true, answers: true });
  const b = await world.open('b', { dials: ['a'] });
  const c = await world.open('c', { dials: ['a'] });
  await world.inStep(a, b, c);
  const peersOf = (mesh: Mesh) => mesh.status.transports.map(({ kind, peers }) => [kind, peers]);
  expect(peersOf(a)).toContainEqual(['relay', []]);
  expect(peersOf(a)).toContainEqual(['peer', [b.replica, c.replica].sort()]);
  expect(peersOf(b)).toEqual([['peer', [a.replica]]]);
  await c.close();
  await world.eventually('c is gone', () => !JSON.stringify(a.status).includes(c.replica));
});

test.each(['a', 'b'])(
  '%s is not synced before the peer that lacks its write has it',
  async (writer) => {
    const world = new World();
    const open = {
      a: await world.open('a', { answers: true }),
      b: await world.open('b', { dials: ['a'] }),
    };
    const [here, there] = writer === 'a' ? [open.a, open.b] : [open.b, open.a];
    await here.memory.create({ content: 'Held by both.' });
    await world.inStep(open.a, open.b);
    here.setOffline(true);
    await world.time.advance(1_000);
    await here.memory.create({ content: 'Written apart.' });
    await here.memory.in('shared/notes').create({ content: 'In a namespace of its own.' });
    here.setOffline(false);
    let waited = 0;
    for (; !here.status.synced && waited < 120_000; waited++) await world.time.advance(1);
    expect(waited).toBeLessThan(120_000);
    expect([await there.memory.count(), await there.memory.in('shared/notes').count()]).toEqual([
      2, 1,
    ]);
  },
);

test('whoever watches the status is told when nothing is left to pass on after all', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true, answers: true });
  const b = await world.open('b', { relay: true, dials: ['a'] });
  const c = await world.open('c', { relay: true });
  await c.memory.create({ content: 'Held by all.' });
  await world.inStep(a, b, c);
  const seen: MeshStatus[] = [];
  a.onStatus((status) => seen.push(status));

  // b has it first, and has told a before a would tell b.
  world.network.stall('relay', 'a');
  await c.memory.create({ content: 'By the relay.' });
  await world.eventually('b has it', async () => (await b.memory.count()) === 2);
  world.network.heal('relay', 'a');
  await world.eventually('a has it', async () => (await a.memory.count()) === 2);
  await world.inStep(a, b, c);
  expect(seen.some(({ synced }) => !synced)).toBe(true);
  expect(seen.at(-1)).toEqual(a.status);
});

test('a document that the reach leaves out counts as awaited, until it is asked for', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true, limits: { records: 2 } });
  for (let n = 0; n < 6; n++) await a.memory.create({ content: `Item ${n}. ${'x'.repeat(500)}` });
  await world.inStep(a);
  const b = await world.open('b', { relay: true, subscription: { reach: { bytes: 2_000 } } });
  await world.time.advance(30_000);
  expect(b.status.awaited).toBeGreaterThan(0);
  expect(b.status.synced).toBe(false);
  const held = await b.memory.list();
  expect(held.length).toBeGreaterThan(0);
  expect(held[0]?.content).toMatch(/^Item 5/);
  expect(held.length).toBeLessThan(6);
});
