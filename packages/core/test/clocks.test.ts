import { describe, expect, test } from 'vitest';
import type { Task } from '../src/index.js';
import { World } from './world.js';

const YEAR_MS = 365 * 86_400_000;

describe.each([
  ['a year slow', -YEAR_MS],
  ['a year fast', YEAR_MS],
])('a device whose clock is %s', (_, skewMs) => {
  test('writes an answer later than what it answers, and replaces it everywhere [CV]', async () => {
    const world = new World();
    const right = await world.open('right', { answers: true });
    const wrong = await world.open('wrong', { dials: ['right'], skewMs });
    const { id } = await right.tasks.create({ title: 'Asked' });
    await right.tasks.update(id, { priority: 1 });
    await world.inStep(right, wrong);
    const asked = (await wrong.tasks.get(id)) as Task;
    const answered = await wrong.tasks.update(id, { priority: 2 });
    expect(answered.conflicts).toEqual([]);
    expect(answered.updatedAt >= asked.updatedAt).toBe(true);
    await world.inStep(right, wrong);
    expect(await right.tasks.get(id)).toEqual(answered);

    const again = await right.tasks.update(id, { priority: 3 });
    expect(again.updatedAt >= answered.updatedAt).toBe(true);
    await world.inStep(right, wrong);
    expect(await wrong.tasks.get(id)).toEqual(again);
  });

  test('does not win or lose by it: what is written apart conflicts [CF]', async () => {
    const world = new World();
    const right = await world.open('right', { answers: true });
    const wrong = await world.open('wrong', { dials: ['right'], skewMs });
    const { id } = await right.tasks.create({ title: 'Asked' });
    await world.inStep(right, wrong);
    for (const replica of [right, wrong]) replica.setOffline(true);
    await right.tasks.update(id, { priority: 1 });
    await wrong.tasks.update(id, { priority: 2 });
    for (const replica of [right, wrong]) replica.setOffline(false);
    await world.inStep(right, wrong);
    const task = await right.tasks.get(id);
    expect(task?.conflicts).toHaveLength(1);
    expect(await wrong.tasks.get(id)).toEqual(task);
  });
});

test('a clock that is set back does not turn the order of what one session writes', async () => {
  const world = new World();
  const a = await world.open('a');
  const before = await a.tasks.create({ title: 'Before', priority: 1 });
  const runtime = world.machine('a').runtime;
  if (runtime !== undefined) runtime.skewMs = -YEAR_MS;
  const after = await a.tasks.create({ title: 'After' });
  expect(after.createdAt >= before.createdAt).toBe(true);
  expect((await a.tasks.list()).map(({ title }) => title)).toEqual(['After', 'Before']);
  const updated = await a.tasks.update(before.id, { priority: 2 });
  expect(updated.priority).toBe(2);
  expect(updated.conflicts).toEqual([]);
});
