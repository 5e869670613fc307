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

/** A guest that was welcomed and watches this. */
async function watching(
  data: string,
  agent: string,
  method: string,
  { namespace = NAMESPACE, again = false } = {},
): Promise<Stranger> {
  const guest = new Stranger(data);
  guest.say({ ...hello, agent });
  await guest.hears('welcome');
  guest.say({ type: 'watch', id: 1, method, namespace, args: [], again });
  await guest.hears('answer');
  return guest;
}

/** Once this is answered, whatever was being told to this guest has been told. */
async function caughtUp(guest: Stranger): Promise<void> {
  guest.say({ type: 'call', id: 9, seen: 0, method: 'memory.count', args: [] });
  await expect.poll(() => guest.answers.find(({ id }) => id === 9)).toBeDefined();
}

function told(guest: Stranger): readonly string[] {
  return guest.answers.map(({ type }) => type).filter((type) => ['news', 'shown'].includes(type));
}

/** A conversation, and an event in it that its guest cannot know to be saved. */
async function saidUnheard() {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner');
  const namespace = 'conversations';
  const { id: conversation } = await mesh.conversations.create({ title: 'Standup' });
  const event = { id: await mesh.conversations.newId() };
  const args = [conversation, { role: 'user', text: 'Hello' }, event];
  const call = { type: 'call', id: 1, seen: 0, method: 'conversations.append', namespace, args };
  const repeat = async (): Promise<void> => {
    const guest = new Stranger(data);
    guest.say(hello);
    await guest.hears('welcome');
    guest.say({ ...call, after: -1 });
    await guest.hears('answer');
  };
  return { data, mesh, namespace, conversation, event: event.id, repeat };
}

describe('what is told once more, because a holder may have died before it was', () => {
  test('goes to those who watch records, and nobody else counts as shown it [CF]', async () => {
    const place = await doneUnheard();
    const listener = await watching(place.data, 'listener', 'tasks.notices');
    const watcher = await watching(place.data, 'watcher', 'tasks.watch');
    const again = await repeated(place, -1);
    await again.hears('answer');
    expect(await watcher.hears('news')).toMatchObject({ value: [{ id: place.id }] });
    await caughtUp(listener);
    expect(told(listener)).toEqual([]);

    const args = [place.id, { notes: 'by one who read nothing' }];
    listener.say({ ...place.call, id: 2, seen: Number.MAX_SAFE_INTEGER, args });
    await expect.poll(() => listener.answers.find(({ id }) => id === 2)).toBeDefined();
    expect(await notesOf(place.mesh, place.id)).toMatchObject({ conflicts: 1 });
  });

  test('is an event to those who watch events, and nothing to those who watch conversations', async () => {
    const { data, namespace, event, repeat } = await saidUnheard();
    await repeat();
    const conversations = await watching(data, 'ann', 'conversations.watch', { namespace });
    const events = await watching(data, 'bob', 'conversations.watchEvents', { namespace });
    await repeat();
    const value = [{ id: event, record: { text: 'Hello' } }];
    expect(await events.hears('news')).toMatchObject({ value });
    await caughtUp(conversations);
    expect(told(conversations)).toEqual([]);
  });

  test('of all that changed since the holder opened is what a watch is about', async () => {
    const { data, mesh, namespace, conversation, event, repeat } = await saidUnheard();
    const { id } = await mesh.tasks.create({ title: 'Ship' });
    await repeat();
    const options = { namespace, again: true };
    const conversations = await watching(data, 'ann', 'conversations.watch', options);
    expect((await conversations.hears('news')).value).toMatchObject([
      { id: conversation, record: { title: 'Standup' } },
    ]);
    const events = await watching(data, 'bob', 'conversations.watchEvents', options);
    expect((await events.hears('news')).value).toMatchObject([
      { id: event, record: { text: 'Hello' } },
    ]);
    const notices = await watching(data, 'cas', 'tasks.notices', { again: true });
    await caughtUp(notices);
    expect(told(notices)).toEqual([]);

    await mesh.tasks.forget(id);
    const tasks = await watching(data, 'dan', 'tasks.watch', { again: true });
    expect((await tasks.hears('news')).value).toEqual([{ id, origin: 'local' }]);
  });

  test('is that a record was forgotten, if that was asked for again [DL]', async () => {
    const place = await doneUnheard();
    const watcher = await watching(place.data, 'watcher', 'tasks.watch');
    const forget = { ...place.call, method: 'tasks.forget', args: [place.id] };
    await repeated({ ...place, call: forget }, Number.MAX_SAFE_INTEGER);
    await expect
      .poll(() => watcher.answers.filter(({ type }) => type === 'news').map(({ value }) => value))
      .toEqual([[{ id: place.id, origin: 'local' }], [{ id: place.id, origin: 'local' }]]);
  });
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
