import { homeSegment } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { World } from './world.js';

test('a segment that is full takes no fresh records: the next one does', async () => {
  const world = new World();
  const a = await world.open('a', { limits: { records: 5 } });
  const homes: string[] = [];
  for (let n = 0; n < 12; n++) {
    homes.push(homeSegment((await a.memory.create({ content: `Item ${n}.` })).id));
  }
  expect(homes.join(' ')).toBe('1 1 1 1 1 2 2 2 2 2 3 3');
  expect((await a.memory.list()).map(({ content }) => content)[11]).toBe('Item 0.');
});

test('a segment is full by its bytes, too', async () => {
  const world = new World();
  const a = await world.open('a', { limits: { bytes: 4_000 } });
  const content = 'x'.repeat(1_000);
  const homes = [];
  for (let n = 0; n < 9; n++) homes.push(homeSegment((await a.memory.create({ content })).id));
  expect(homes[0]).toBe('1');
  expect(Number(homes[8])).toBeGreaterThanOrEqual(2);
  expect(homes).toEqual([...homes].sort());
});

test('whatever is said of a record later goes to the segment it was made in', async () => {
  const world = new World();
  const a = await world.open('a', { limits: { records: 2 }, answers: true });
  const oldest = await a.tasks.create({ title: 'Oldest' });
  for (let n = 0; n < 5; n++) await a.tasks.create({ title: `Task ${n}` });
  const known = a.status.segments.known;
  await a.tasks.update(oldest.id, { priority: 1, tags: { add: ['old'] } });
  expect(a.status.segments.known).toBe(known);
  const b = await world.open('b', { dials: ['a'] });
  await world.inStep(a, b);
  expect(await b.tasks.get(oldest.id)).toEqual(await a.tasks.get(oldest.id));
  expect(await b.tasks.list()).toEqual(await a.tasks.list());
});

test('a replica that hears of a newer segment puts fresh records there [CV]', async () => {
  const world = new World();
  const a = await world.open('a', { limits: { records: 2 }, answers: true });
  for (let n = 0; n < 5; n++) await a.tasks.create({ title: `Task ${n}` });
  const b = await world.open('b', { dials: ['a'] });
  await world.inStep(a, b);
  expect(homeSegment((await b.tasks.create({ title: 'Of b' })).id)).toBe('3');
});

test('more namespaces than are kept loaded are all readable, writable and synced', async () => {
  const world = new World();
  await world.serveRelay();
  const limits = { loaded: 4 };
  const a = await world.open('a', { limits, relay: true });
  const b = await world.open('b', { limits, relay: true });
  const names = Array.from({ length: 30 }, (_, n) => `team/n${n}`);
  await Promise.all(names.map((name) => a.memory.in(name).create({ content: name })));
  await world.inStep(a, b);
  expect(a.status.segments.loaded).toBeLessThanOrEqual(4);
  for (const name of names) {
    const [item] = await b.memory.in(name).list();
    expect(item?.content).toBe(name);
  }
  await Promise.all(names.map((name) => b.memory.in(name).create({ content: `${name} of b` })));
  await world.inStep(a, b);
  for (const name of names) expect(await a.memory.in(name).count()).toBe(2);
});
