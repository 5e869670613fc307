import { expect, test } from 'vitest';
import type { OpenOptions, OpenReplica } from './world.js';
import { World } from './world.js';

/** Two replicas that hold one task with these tags, and cannot reach each other. */
async function apart(tags: readonly string[], options: OpenOptions = {}) {
  const world = new World();
  const a = await world.open('a', { answers: true, ...options });
  const b = await world.open('b', { dials: ['a'], ...options });
  const { id } = await a.tasks.create({ title: 'Sort', tags });
  await world.inStep(a, b);
  for (const replica of [a, b]) replica.setOffline(true);
  return { world, a, b, id };
}

async function meet(world: World, ...replicas: readonly OpenReplica[]): Promise<void> {
  for (const replica of replicas) replica.setOffline(false);
  await world.inStep(...replicas);
}

test('members that two agents add apart are all there, and none conflicts [CV]', async () => {
  const { world, a, b, id } = await apart(['first']);
  await a.tasks.update(id, { tags: { add: ['of a', 'of both'] } });
  await b.tasks.update(id, { tags: { add: ['of b', 'of both'] } });
  await meet(world, a, b);
  const task = await a.tasks.get(id);
  expect(task?.tags).toEqual(['first', 'of a', 'of b', 'of both']);
  expect(task?.conflicts).toEqual([]);
  expect(await b.tasks.get(id)).toEqual(task);
});

test('members removed apart are gone, those left alone stay [CV]', async () => {
  const { world, a, b, id } = await apart(['x', 'y', 'z']);
  await a.tasks.update(id, { tags: { remove: ['x'] } });
  await b.tasks.update(id, { tags: { remove: ['y', 'never there'] } });
  await meet(world, a, b);
  expect((await a.tasks.get(id))?.tags).toEqual(['z']);
  expect((await b.tasks.get(id))?.tags).toEqual(['z']);
});

test('a member that one adds and another removes without having seen it stays [CV]', async () => {
  const { world, a, b, id } = await apart([]);
  await a.tasks.update(id, { tags: { add: ['wanted'] } });
  await b.tasks.update(id, { tags: { remove: ['wanted'] } });
  await meet(world, a, b);
  const task = await a.tasks.get(id);
  expect(task?.tags).toEqual(['wanted']);
  expect(task?.conflicts).toEqual([]);
  expect(await b.tasks.get(id)).toEqual(task);
  expect((await b.tasks.update(id, { tags: { remove: ['wanted'] } })).tags).toEqual([]);
});

test('a member can be removed and added again, as often as one likes', async () => {
  const a = await new World().open('a');
  const { id } = await a.tasks.create({ title: 'Sort', tags: ['x', 'y'] });
  expect((await a.tasks.update(id, { tags: { remove: ['x'] } })).tags).toEqual(['y']);
  expect((await a.tasks.update(id, { tags: { add: ['x'] } })).tags).toEqual(['x', 'y']);
  expect((await a.tasks.update(id, { tags: { remove: ['x', 'y'] } })).tags).toEqual([]);
});

test('a dependency is known by its type and what it is on; the rest of it can change', async () => {
  const a = await new World().open('a');
  const on = 'beads:bd-1';
  const { id } = await a.tasks.create({
    title: 'Wait',
    dependencies: [
      { type: 'blocks', on },
      { type: 'parent-child', on },
    ],
  });
  const blocks = { type: 'blocks', on, extra: { since: '2026' } };
  const changed = await a.tasks.update(id, { dependencies: { add: [blocks] } });
  expect(changed.dependencies).toEqual([blocks, { type: 'parent-child', on }]);
  const removed = await a.tasks.update(id, { dependencies: { remove: [{ type: 'blocks', on }] } });
  expect(removed.dependencies).toEqual([{ type: 'parent-child', on }]);
});
