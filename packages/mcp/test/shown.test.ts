import { nodeRuntime } from '@mnemesh/runtime-node';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, test } from 'vitest';
import { call, connected, Place, type Remembered, remember, textOf } from './connected.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

interface Tasks {
  readonly tasks: readonly { readonly id: string; readonly conflicted: boolean }[];
}

const create = async (client: Client, title: string): Promise<string> =>
  (await call<{ task: { id: string } }>(client, 'task_create', { title })).task.id;

/** Whether somebody's new title of a task stands beside what this client writes now. */
async function contradicts(client: Client, id: string): Promise<boolean> {
  const args = { id, title: 'Bury it' };
  return (await call<{ task: { conflicted: boolean } }>(client, 'task_update', args)).task
    .conflicted;
}

describe('what a client is not told, it contradicts unread of it [CF]', () => {
  test('an item too old for the summary of a day', async () => {
    const place = await Place.open();
    const [a, tomorrow] = [
      await place.connect('a'),
      await connected('b', {
        open: place.opens,
        runtime: { ...nodeRuntime(), now: () => Date.now() + 2 * DAY_MS },
      }),
    ];
    await remember(a, { content: 'We release on Fridays', topic: 'release' });
    const id = await create(a, 'Dig');
    const { messages } = await tomorrow.getPrompt({ name: 'daily_summary' });
    expect(JSON.stringify(messages)).not.toContain('Fridays');
    const opposite = { content: 'We release on Mondays', topic: 'release' };
    expect((await remember(tomorrow, opposite)).conflicts).toHaveLength(1);
    await call(a, 'task_update', { id, title: 'Dig it' });
    expect(await contradicts(tomorrow, id)).toBe(true);
  });

  test("others' work, among which it looked for its own", async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('a'), await place.connect('b')];
    const id = await create(a, 'Dig');
    await call(a, 'task_claim', { id });
    await call(a, 'task_update', { id, title: 'Dig it' });
    expect((await call<Tasks>(b, 'task_list', { view: 'mine' })).tasks).toEqual([]);
    expect(await contradicts(b, id)).toBe(true);
  });

  test('a task that did not fit into a list', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('a'), await place.connect('b')];
    for (let i = 0; i < 30; i++)
      await call(a, 'task_create', {
        title: `Dig ${i}`,
        description: '掘'.repeat(400),
        priority: i < 1 ? 9 : 1,
      });
    const { tasks } = await call<Tasks>(a, 'task_list', { view: 'all', limit: 1 });
    expect(tasks).toHaveLength(1);
    const [last] = await place
      .session('reader')
      .then((mesh) => mesh.tasks.list({ limit: 100 }))
      .then((all) => all.filter(({ priority }) => priority === 9));
    const id = String(last?.id);
    await call(a, 'task_update', { id, title: 'Dig first' });
    const listed = await call<Tasks & { omitted: number }>(b, 'task_list', { limit: 30 });
    expect(listed.omitted).toBeGreaterThan(0);
    expect(listed.tasks.map((one) => one.id)).not.toContain(id);
    expect(await contradicts(b, id)).toBe(true);
  });

  test('a message beyond those that it was given', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('a', ['team']), await place.connect('b', ['team'])];
    const { sessions } = await call<{ sessions: { agent: string }[] }>(b, 'presence');
    const namespace = `agents/${sessions[0]?.agent}/inbox`;
    await remember(b, { content: 'hello' });
    await call(a, 'message_send', { to: 'b', content: 'first' });
    await remember(a, { content: 'We release on Fridays', topic: 'release', namespace });
    expect(await textOf(b, 'message_inbox', { limit: 1 })).not.toContain('Fridays');
    const opposite = { content: 'We release on Mondays', topic: 'release', namespace };
    expect((await remember(b, opposite)).conflicts).toHaveLength(1);
  });

  test('an item beyond those that name a forgotten one and are listed', async () => {
    const place = await Place.open();
    const [mesh, b] = [await place.session('a'), await place.connect('b')];
    const { id } = await remember(b, { content: 'The cellar key' });
    const items = await Promise.all(
      Array.from({ length: 51 }, (_, i) =>
        mesh.memory.create({ content: `cellar ${i}`, topic: `cellar ${i}`, sources: [id] }),
      ),
    );
    const { dependents } = await call<{ dependents: { id: string }[] }>(b, 'forget', {
      id,
      level: 'forget',
    });
    const told = new Set(dependents.map((one) => one.id));
    for (const { id: item, topic } of items) {
      const { conflicts } = await remember(b, { content: `not ${topic}`, topic });
      expect(conflicts.length, item).toBe(told.has(item) ? 0 : 1);
    }
  });
});

describe('what a client was told, it replaces', () => {
  test('an item of the summary of the day, a task of a list, a message', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('a', ['team']), await place.connect('b', ['team'])];
    await remember(a, { content: 'We release on Fridays', topic: 'release' });
    const id = await create(a, 'Dig');
    await call(a, 'task_update', { id, title: 'Dig it' });
    const { messages } = await b.getPrompt({ name: 'daily_summary' });
    expect(JSON.stringify(messages)).toContain('Fridays');
    const opposite: Remembered = await remember(b, {
      content: 'We release on Mondays',
      topic: 'release',
    });
    expect(opposite.conflicts).toEqual([]);
    await call(b, 'task_list', { view: 'all' });
    expect(await contradicts(b, id)).toBe(false);
  });

  test('an item that was named to it because it says nearly the same', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('a'), await place.connect('b')];
    const content = 'the release is cut every friday at noon';
    const { id } = await remember(a, { content, topic: 'release' });
    const { similar } = await remember(b, { content: `${content} sharp` });
    expect(similar.map((one) => one.id)).toEqual([id]);
    const { conflicts } = await remember(b, { content: 'never on fridays', topic: 'release' });
    expect(conflicts).toEqual([]);
  });
});

test('a session is told of the tasks that it holds itself, in whatever state they are', async () => {
  const place = await Place.open();
  // Two sessions of one agent.
  const [a, b] = [await place.connect('claude'), await place.connect('claude')];
  const states = ['working', 'input_required', 'auth_required', 'submitted'] as const;
  const mine: string[] = [];
  for (const state of states) {
    const id = await create(a, state);
    await call(a, 'task_claim', { id });
    if (state !== 'working') await call(a, 'task_update', { id, state });
    mine.push(id);
  }
  await call(b, 'task_claim', { id: await create(b, 'theirs') });
  const { tasks } = await call<Tasks>(a, 'task_list', { view: 'mine' });
  expect(tasks.map(({ id }) => id).sort()).toEqual([...mine].sort());
});
