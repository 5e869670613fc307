import type { Mesh, RecordView } from '@mnemesh/core';
import { expect, test } from 'vitest';
import type { LeftCall } from '../src/index.js';
import { SharedReplica } from './guests-of-one-program.js';

/** A clock is milliseconds × 2048 and a counter. */
const TICKS_PER_MS = 2048;

/** What a guest asked of a record that it had been shown as it was just after it was created. */
function asked(mesh: Mesh, record: RecordView, ...args: readonly unknown[]): LeftCall {
  const { id, namespace } = record;
  return {
    method: 'tasks.update',
    args: [id, ...args],
    record: { namespace, id },
    session: mesh.session,
    known: [{ namespace, id, context: {} }],
    at: Date.now(),
  };
}

const highestClock = ({ updatedAt }: RecordView): number =>
  (Date.parse(updatedAt) + 1) * TICKS_PER_MS - 1;

async function begun() {
  const shared = await SharedReplica.open();
  const [ann, ben] = [await shared.guest('ann'), await shared.guest('ben')];
  const task = await ann.tasks.create({ title: 'Paint it' });
  const doer = await shared.standIn('ann');
  const standIn = { do: (left: LeftCall) => doer.do(left, async () => undefined) };
  return { shared, ann, ben, task, standIn };
}

test('[ND] what a guest changed that is gone is done in its order, and contradicts nothing of its own', async () => {
  const { ann, ben, task, standIn } = await begun();
  await standIn.do(asked(ann, task, { notes: 'Red.' }));
  await standIn.do(asked(ann, task, { notes: 'Blue.' }));
  expect(await ben.tasks.get(task.id)).toMatchObject({
    notes: 'Blue.',
    updatedBy: ann.agent.id,
    conflicts: [],
  });
});

test('[ID] a change whose turn had come, and that was done, is not done again over what came after it', async () => {
  const { ann, ben, task, standIn } = await begun();
  const left = { ...asked(ann, task, { notes: 'Red.' }), after: highestClock(task) };
  // So that what is written now has a higher clock than the creation's millisecond.
  await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(task.updatedAt));
  await ann.tasks.update(task.id, { notes: 'Red.' });
  await ben.tasks.get(task.id);
  await ben.tasks.update(task.id, { notes: 'Green.' });
  await standIn.do(left);
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Green.', conflicts: [] });
});

test('[ID] [CF] who stands in next knows what was done, and contradicts nothing of it', async () => {
  const { shared, ann, ben, task } = await begun();
  const [red, blue] = ['Red.', 'Blue.'].map((notes) => asked(ann, task, { notes })) as [
    LeftCall,
    LeftCall,
  ];
  let by = '';
  await (await shared.standIn('ann')).do(red, async (session) => {
    by = session;
  });
  const next = await shared.standIn('ann');
  await next.do({ ...red, by }, () => Promise.reject(new Error('It is done again.')));
  await next.do(blue, async () => undefined);
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Blue.', conflicts: [] });
});

test('[ND] what a stand-in began and did not do is done by the next', async () => {
  const { ann, ben, task, standIn } = await begun();
  await standIn.do({ ...asked(ann, task, { notes: 'Red.' }), by: '0123456789abcdef' });
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Red.', conflicts: [] });
});

test('[ND] a change whose turn never came is done, whatever its guest had done of the record before', async () => {
  const { ann, ben, task, standIn } = await begun();
  await ann.tasks.update(task.id, { notes: 'Red.', tags: { add: ['wet'] } });
  await standIn.do(asked(ann, task, { notes: 'Blue.', tags: { remove: ['wet'] } }));
  await standIn.do({ ...asked(ann, task), method: 'tasks.archive' });
  expect(await ben.tasks.get(task.id)).toMatchObject({
    notes: 'Blue.',
    tags: [],
    archived: true,
    conflicts: [],
  });
});

test('[CF] what its guest had not been shown stands beside what it wrote', async () => {
  const { ann, ben, task, standIn } = await begun();
  await ben.tasks.get(task.id);
  await ben.tasks.update(task.id, { notes: 'Green.' });
  await standIn.do(asked(ann, task, { notes: 'Red.' }));
  const [conflict] = (await ben.tasks.get(task.id))?.conflicts ?? [];
  expect(conflict).toMatchObject({
    field: 'notes',
    chosen: { value: 'Red.' },
    others: [{ value: 'Green.' }],
  });
});

test('[CF] it is done as of when it was asked: what was written after that, unseen, is the later value', async () => {
  const { ann, ben, task, standIn } = await begun();
  await ben.tasks.update(task.id, { notes: 'Green.' });
  await standIn.do({
    ...asked(ann, task, { notes: 'Red.' }),
    at: Date.parse(task.createdAt) - 60_000,
  });
  const [conflict] = (await ben.tasks.get(task.id))?.conflicts ?? [];
  expect(conflict).toMatchObject({ chosen: { value: 'Green.' }, others: [{ value: 'Red.' }] });
});

test('[CF] what the answer to one change shows was not known to whoever asked the next', async () => {
  const { ann, ben, task, standIn } = await begun();
  const other = await ann.tasks.create({ title: 'Dry it' });
  for (const { id } of [task, other]) {
    await ben.tasks.get(id);
    await ben.tasks.update(id, { priority: 5 });
  }
  const at = Date.parse(other.createdAt) - 60_000;
  await standIn.do({ ...asked(ann, task, { notes: 'Red.' }), at });
  await standIn.do({ ...asked(ann, task, { priority: 1 }), at });
  await standIn.do({ ...asked(ann, other, { priority: 1 }), at });
  for (const { id } of [task, other]) {
    const [conflict] = (await ben.tasks.get(id))?.conflicts ?? [];
    expect(conflict).toMatchObject({ chosen: { value: 5 }, others: [{ value: 1 }] });
  }
});

test('[ID] what its guest had begun is done first', async () => {
  const { ann, ben, task, standIn } = await begun();
  await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(task.updatedAt));
  const update = ann.tasks.update(task.id, { notes: 'Red.' });
  await standIn.do({ ...asked(ann, task, { notes: 'Red.' }), after: highestClock(task) });
  await update;
  const { notes, conflicts, updatedAt } = (await ben.tasks.get(task.id)) ?? {};
  expect({ notes, conflicts }).toEqual({ notes: 'Red.', conflicts: [] });
  expect(Date.parse(updatedAt ?? '')).toBeGreaterThan(Date.parse(task.updatedAt));
});

test('[CF] what its guest had been shown is replaced', async () => {
  const { ann, ben, task, standIn } = await begun();
  const green = await ben.tasks.update(task.id, { notes: 'Green.' });
  const { namespace, id } = task;
  const context = { notes: { [ben.session]: highestClock(green) } };
  await standIn.do({
    ...asked(ann, task, { notes: 'Red.' }),
    known: [{ namespace, id, context }],
  });
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Red.', conflicts: [] });
});

test('what was asked of a record that is forgotten is refused for good', async () => {
  const { ann, ben, task, standIn } = await begun();
  await ben.tasks.forget(task.id);
  const refused = standIn.do(asked(ann, task, { notes: 'Red.' }));
  await expect(refused).rejects.toMatchObject({ code: 'not_found' });
});
