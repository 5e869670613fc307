import { describe, expect, test } from 'vitest';
import { openAt, temporaryPlace } from './shared-place.js';
import { hello, Stranger } from './stranger.js';

const NAMESPACE = 'shared/tasks';

/** A guest that watches a task, was sent a change of it, and now writes the same field. */
async function written(seen: (shown: number) => number) {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner');
  const { id } = await mesh.tasks.create({ title: 'Ship' });
  const guest = new Stranger(data);
  guest.say(hello);
  await guest.hears('welcome');
  const method = 'tasks.watch';
  guest.say({ type: 'watch', id: 1, method, namespace: NAMESPACE, args: [], again: false });
  await guest.hears('answer');
  await mesh.tasks.update(id, { notes: 'by planner' });
  await guest.hears('news');
  const { number } = await guest.hears('shown');
  guest.say({
    type: 'call',
    id: 2,
    seen: seen(number as number),
    method: 'tasks.update',
    namespace: NAMESPACE,
    args: [id, { notes: 'by guest' }],
  });
  await expect.poll(() => guest.answers.find((answer) => answer.id === 2)).toBeDefined();
  return mesh.tasks.get(id);
}

describe('what is on its way to a guest when it writes', () => {
  test('was not seen by it, and so both values stand [CF]', async () => {
    const task = await written(() => 0);
    expect(task?.conflicts).toMatchObject([{ field: 'notes', open: true }]);
  });

  test('is replaced once it says that it has arrived', async () => {
    expect(await written((shown) => shown)).toMatchObject({ notes: 'by guest', conflicts: [] });
  });
});

test('two changes that a guest makes at once replace nothing that it was not shown before both [CF]', async () => {
  const data = await temporaryPlace();
  const holder = await openAt(data, 'planner');
  const guest = await openAt(data, 'worker');
  const { id } = await holder.tasks.create({ title: 'Ship' });
  await holder.tasks.update(id, { notes: 'by planner' });
  const changes = [
    guest.tasks.update(id, { notes: 'by worker, first' }),
    guest.tasks.update(id, { notes: 'by worker, second' }),
  ];
  await Promise.all(changes);
  const task = await holder.tasks.get(id);
  expect(task?.conflicts).toHaveLength(1);
  const values = [task?.notes, ...(task?.conflicts[0]?.others ?? []).map(({ value }) => value)];
  expect(values.sort()).toEqual(['by planner', 'by worker, second']);
});
