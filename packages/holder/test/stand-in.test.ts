import type { Mesh, RecordView } from '@mnemesh/core';
import { expect, test } from 'vitest';
import type { LeftCall } from '../src/index.js';
import { SharedReplica } from './guests-of-one-program.js';

/** What a guest asked of a task that it had been shown as it was just after it was created. */
function asked(mesh: Mesh, task: RecordView, ...args: readonly unknown[]): LeftCall {
  const { id, namespace } = task;
  const known = { namespace, id, context: {} };
  return {
    method: 'tasks.update',
    namespace,
    args: [id, ...args],
    changes: { session: mesh.session, known },
  };
}

async function begun() {
  const shared = await SharedReplica.open();
  const [ann, ben] = [await shared.guest('ann'), await shared.guest('ben')];
  const task = await ann.tasks.create({ title: 'Paint it' });
  return { shared, ann, ben, task };
}

test('[ND] what a guest changed that is gone is done in its order, and contradicts nothing of its own', async () => {
  const { shared, ann, ben, task } = await begun();
  const standIn = await shared.standIn('ann');
  await standIn.do(asked(ann, task, { notes: 'Red.' }));
  await standIn.do(asked(ann, task, { notes: 'Blue.' }));
  standIn.leave();
  expect(await ben.tasks.get(task.id)).toMatchObject({
    notes: 'Blue.',
    updatedBy: ann.agent.id,
    conflicts: [],
  });
});

test('[ID] a change that was done before its guest was gone is not done a second time beside itself', async () => {
  const { shared, ann, ben, task } = await begun();
  await ann.tasks.update(task.id, { notes: 'Red.' });
  await ann.tasks.archive(task.id);
  const standIn = await shared.standIn('ann');
  await standIn.do(asked(ann, task, { notes: 'Red.' }));
  await standIn.do({ ...asked(ann, task), method: 'tasks.archive' });
  standIn.leave();
  expect(await ben.tasks.get(task.id)).toMatchObject({
    notes: 'Red.',
    archived: true,
    conflicts: [],
  });
});

test('[CF] what its guest had not been shown stands beside what it wrote', async () => {
  const { shared, ann, ben, task } = await begun();
  await ben.tasks.get(task.id);
  await ben.tasks.update(task.id, { notes: 'Green.' });
  const standIn = await shared.standIn('ann');
  await standIn.do(asked(ann, task, { notes: 'Red.' }));
  standIn.leave();
  const [conflict] = (await ben.tasks.get(task.id))?.conflicts ?? [];
  expect(conflict).toMatchObject({
    field: 'notes',
    chosen: { value: 'Red.' },
    others: [{ value: 'Green.' }],
  });
});

test('[CF] what its guest had been shown is replaced', async () => {
  const { shared, ann, ben, task } = await begun();
  const { updatedAt } = await ben.tasks.update(task.id, { notes: 'Green.' });
  const { changes, ...call } = asked(ann, task, { notes: 'Red.' });
  // A clock is milliseconds × 2048 and a counter.
  const context = { notes: { [ben.session]: Date.parse(updatedAt) * 2048 + 2047 } };
  const known = { namespace: task.namespace, id: task.id, context };
  const standIn = await shared.standIn('ann');
  await standIn.do({ ...call, changes: { session: changes?.session ?? '', known } });
  standIn.leave();
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Red.', conflicts: [] });
});

test('what was asked of a record that is forgotten is refused for good', async () => {
  const { shared, ann, ben, task } = await begun();
  await ben.tasks.forget(task.id);
  const standIn = await shared.standIn('ann');
  const refused = standIn.do(asked(ann, task, { notes: 'Red.' }));
  await expect(refused).rejects.toMatchObject({ code: 'not_found' });
  standIn.leave();
});
