import type { Mesh, Task } from '@mnemesh/core';
import { describe, expect, test } from 'vitest';
import { openAt, temporaryPlace } from './shared-place.js';
import { hello, Stranger } from './stranger.js';

const NAMESPACE = 'shared/tasks';

/** A change that was done, whose answer its guest never saw, and which somebody replaced meanwhile. */
async function doneUnheard() {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner');
  const { id } = await mesh.tasks.create({ title: 'Ship' });
  const guest = new Stranger(data);
  guest.say(hello);
  const { session } = await guest.hears('welcome');
  const call = {
    type: 'call',
    id: 1,
    seen: 0,
    method: 'tasks.update',
    namespace: NAMESPACE,
    args: [id, { notes: 'done before' }],
  };
  guest.say(call);
  await guest.hears('answer');
  guest.vanish();
  await mesh.tasks.get(id);
  await mesh.tasks.update(id, { notes: 'since then' });
  return { data, mesh, id, session, call };
}

async function repeated(
  { data, id, session, call }: Awaited<ReturnType<typeof doneUnheard>>,
  after: number,
): Promise<Stranger> {
  const again = new Stranger(data);
  again.say({
    ...hello,
    session: { id: session, clock: 0 },
    doubtful: [{ namespace: NAMESPACE, id }],
  });
  await again.hears('welcome');
  again.say({ ...call, after });
  return again;
}

async function notesOf(mesh: Mesh, id: Task['id']) {
  const task = await mesh.tasks.get(id);
  return { notes: task?.notes, conflicts: task?.conflicts.length };
}

describe('a change that is asked for again, because nobody knows whether it was done', () => {
  test('is not done twice, and is answered with the record as it is now [ID]', async () => {
    const place = await doneUnheard();
    const again = await repeated(place, -1);
    expect(await again.hears('answer')).toMatchObject({
      id: 1,
      value: { id: place.id, notes: 'since then' },
    });
    expect(await notesOf(place.mesh, place.id)).toEqual({ notes: 'since then', conflicts: 0 });
  });

  test('is done when the session wrote nothing since the clock it tells [ND]', async () => {
    const place = await doneUnheard();
    const again = await repeated(place, Number.MAX_SAFE_INTEGER);
    expect(await again.hears('answer')).toMatchObject({ value: { id: place.id } });
    // It was written unread, so both values stand.
    expect(await notesOf(place.mesh, place.id)).toMatchObject({ conflicts: 1 });
  });
});

test('a create that is asked for again gives the record that is there', async () => {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner');
  const id = await mesh.memory.newId();
  const call = {
    type: 'call',
    id: 1,
    seen: 0,
    method: 'memory.create',
    namespace: 'shared/memory',
    args: [{ content: 'Once' }, { id }],
  };
  for (const after of [undefined, -1, -1]) {
    const guest = new Stranger(data);
    guest.say(hello);
    await guest.hears('welcome');
    guest.say({ ...call, ...(after === undefined ? {} : { after }) });
    expect(await guest.hears('answer')).toMatchObject({ value: { id, content: 'Once' } });
    guest.vanish();
  }
  expect(await mesh.memory.count()).toBe(1);
});

test('a session that comes back on a second socket takes the place of the first', async () => {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner');
  const first = new Stranger(data);
  first.say(hello);
  const { session } = await first.hears('welcome');
  const second = new Stranger(data);
  second.say({ ...hello, session: { id: session, clock: 0 } });
  expect(await second.hears('welcome')).toMatchObject({ session });
  await first.closed;
  expect(await mesh.memory.count()).toBe(0);

  // It is told of its tasks, though whoever it took the place of is gone.
  const { id } = await mesh.tasks.create({ title: 'Ship' });
  const about = { namespace: NAMESPACE, args: [] };
  second.say({ type: 'watch', id: 1, method: 'tasks.notices', ...about, again: false });
  await second.hears('answer');
  second.say({ type: 'call', id: 2, seen: 0, method: 'tasks.claim', ...about, args: [id] });
  await expect.poll(async () => (await mesh.tasks.get(id))?.status).toBe('working');
  await mesh.tasks.update(id, { status: 'canceled' });
  expect(await second.hears('news')).toMatchObject({ value: [{ type: 'task_ended', task: id }] });
});

test('a session that cannot be gone on with is not there any more', async () => {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner');
  const guest = new Stranger(data);
  guest.say({ ...hello, doubtful: [{ namespace: NAMESPACE, id: 'no id' }] });
  expect(await guest.hears('refused')).toMatchObject({ code: 'bad_input' });
  await guest.closed;
  const there = await mesh.presence.list();
  expect(there.map(({ session }) => session)).toEqual([mesh.session]);
});
