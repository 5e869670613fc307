import { describe, expect, test } from 'vitest';
import type { Mesh, Task } from '../src/index.js';
import { placeOf, ScriptedPeer } from './scripted-peer.js';
import { World } from './world.js';

const TASKS = placeOf('shared/tasks');

/** Two sessions at one replica; the first has made a task and given it a priority. */
async function twoSessions() {
  const world = new World();
  const first = await world.open('a');
  const second = await world.session(first, 'b');
  const { id } = await first.tasks.create({ title: 'Decide', description: 'Which way?' });
  await first.tasks.update(id, { priority: 1 });
  await world.time.advance(10);
  return { world, first, second, id };
}

function valuesOf(task: Task | undefined): readonly unknown[] {
  return (task?.conflicts ?? []).flatMap(({ chosen, others }) => [
    chosen.value,
    ...others.map(({ value }) => value),
  ]);
}

describe('a value written', () => {
  test('blindly, by another session of the same replica, stands beside the first [CF]', async () => {
    const { first, second, id } = await twoSessions();
    const task = await second.tasks.update(id, { priority: 2 });
    expect(valuesOf(task)).toEqual([2, 1]);
    expect(task.conflicts).toMatchObject([
      {
        field: 'priority',
        open: true,
        chosen: { value: 2, agent: second.agent.id },
        others: [{ value: 1, agent: first.agent.id }],
      },
    ]);
    expect(task.priority).toBe(2);
    expect(await first.tasks.list({ conflicted: true })).toEqual([task]);
    expect(await first.tasks.count({ conflicted: true })).toBe(1);
  });

  const ways: readonly (readonly [string, (mesh: Mesh, task: Task) => Promise<unknown>])[] = [
    ['get', (mesh, { id }) => mesh.tasks.get(id)],
    ['list', (mesh) => mesh.tasks.list()],
    ['recall', (mesh) => mesh.recall('way')],
    ['an update of another field', async (mesh, { id }) => mesh.tasks.update(id, { notes: 'x' })],
  ];
  test.each(ways)('after %s has shown the first value, replaces it', async (_, look) => {
    const { first, second, id } = await twoSessions();
    await look(second, (await first.tasks.get(id)) as Task);
    const task = await second.tasks.update(id, { priority: 2 });
    expect(task.conflicts).toEqual([]);
    expect(task.priority).toBe(2);
    expect(await first.tasks.get(id)).toEqual(task);
  });

  test('after watch has shown the first value, replaces it', async () => {
    const { first, second, id } = await twoSessions();
    second.tasks.watch(() => undefined);
    await first.tasks.update(id, { priority: 5 });
    expect((await second.tasks.update(id, { priority: 2 })).conflicts).toEqual([]);
  });

  test('after somebody else’s look at the first, still stands beside it: what a replica holds was not shown [CF]', async () => {
    const { world, first, second, id } = await twoSessions();
    const third = await world.session(first, 'c');
    await third.tasks.get(id);
    expect(valuesOf(await second.tasks.update(id, { priority: 2 }))).toEqual([2, 1]);
  });

  test('by the same session replaces its own, awaited or not', async () => {
    const { first, id } = await twoSessions();
    await Promise.all([3, 4, 5, 6].map((priority) => first.tasks.update(id, { priority })));
    const task = await first.tasks.get(id);
    expect(task?.conflicts).toEqual([]);
    expect(task?.priority).toBe(6);
  });

  test('twice alike, is one value and no conflict', async () => {
    const { second, id } = await twoSessions();
    const task = await second.tasks.update(id, { priority: 1 });
    expect(task.conflicts).toEqual([]);
    expect(task.priority).toBe(1);
  });

  test('to another field conflicts with nothing', async () => {
    const { second, id } = await twoSessions();
    const task = await second.tasks.update(id, { title: 'Decide soon', status: 'working' });
    expect(task).toMatchObject({ title: 'Decide soon', status: 'working', priority: 1 });
    expect(task.conflicts).toEqual([]);
  });
});

test('writing a conflicting field after reading it replaces all its values', async () => {
  const { world, first, second, id } = await twoSessions();
  await second.tasks.update(id, { priority: 2 });
  const third = await world.session(first, 'c');
  await world.time.advance(10);
  await third.tasks.update(id, { priority: 3 });
  expect(valuesOf(await third.tasks.get(id))).toEqual([3, 2, 1]);
  const settled = await third.tasks.update(id, { priority: 2 });
  expect(settled.conflicts).toEqual([]);
  expect(settled.priority).toBe(2);
  expect(await first.tasks.count({ conflicted: true })).toBe(0);
});

test('a value that was deleted together with its successor does not come back [CV] [DL]', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.session(a, 'b');
  const c = await world.session(a, 'c');
  const { id } = await a.tasks.create({ title: 'Decide' });
  const keeper = await ScriptedPeer.dial(world, 'a');
  keeper.ask(TASKS);
  await a.tasks.update(id, { priority: 1 });
  await world.eventually('it has the first value', () => keeper.elements(TASKS).length === 2);
  const oldest = keeper.elements(TASKS)[1] as Uint8Array;
  await b.tasks.get(id);
  await b.tasks.update(id, { priority: 2 });
  await c.tasks.get(id);
  const newest = await c.tasks.update(id, { priority: 3 });
  await world.eventually('only the newest is left', () => keeper.elements(TASKS).length === 2);

  keeper.append(TASKS, [oldest]);
  await world.time.advance(500);
  expect(await a.tasks.get(id)).toEqual(newest);
  const late = await world.open('late', { dials: ['a'] });
  await world.inStep(late);
  expect(await late.tasks.get(id)).toEqual(newest);
});

test('two replicas that made one record apart show both versions of it, and agree on the chosen one [CF] [CV]', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.open('b', { dials: ['a'] });
  for (const replica of [a, b]) replica.setOffline(true);
  const id = 'i0-abcdefgh-2026-01.source1' as Task['id'];
  await a.tasks.import({ id, input: { title: 'As a has it', priority: 1 } });
  await b.tasks.import({ id, input: { title: 'As b has it', priority: 1 } });
  for (const replica of [a, b]) replica.setOffline(false);
  await world.inStep(a, b);
  const task = await a.tasks.get(id);
  expect(await b.tasks.get(id)).toEqual(task);
  expect(task?.conflicts.map(({ field }) => field)).toEqual(['title']);
  expect([...valuesOf(task)].sort()).toEqual(['As a has it', 'As b has it']);
  expect(await a.tasks.count()).toBe(1);
});
