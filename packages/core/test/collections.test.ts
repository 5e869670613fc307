import { importedRecordId, type RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import type { CollectionChange, MemoryItem, Task } from '../src/index.js';
import { World } from './world.js';

describe('a page', () => {
  test.each([-1, 0, 1.5, Number.NaN, 10_001])('of %d records is refused', async (limit) => {
    const { memory, tasks, tools, conversations, conflicts, audit } = await new World().open('a');
    const { id } = await conversations.create({ title: 'Talk' });
    const asked = [
      () => memory.list({ limit }),
      () => memory.list({ limit, asOf: '2026-01-01' }),
      () => tasks.list({ limit }),
      () => tasks.ready({ limit }),
      () => tasks.blocked({ limit }),
      () => tasks.stale({ limit }),
      () => tools.list({ limit }),
      () => conversations.list({ limit }),
      () => conversations.events(id, { limit }),
      () => conflicts.list({ limit }),
      () => audit.list({ limit }),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'bad_input' });
  });
});

test('nobody edits or forgets what the directory says', async () => {
  const { memory, tasks, tools, conversations } = await new World().open('a');
  for (const one of [memory, tasks, tools, conversations])
    expect(() => one.in('directory')).toThrow(expect.objectContaining({ code: 'bad_input' }));
});

describe('a record', () => {
  test('is read back as it was created, with who made it and when', async () => {
    const world = new World();
    const a = await world.open('a');
    const input = {
      title: 'Read the design',
      description: 'All of it.',
      priority: 1,
      tags: ['docs', 'first'],
      dependencies: [{ type: 'blocks', on: 'beads:bd-1' }],
    };
    const task = await a.tasks.create(input);
    expect(task).toMatchObject({
      ...input,
      status: 'submitted',
      namespace: 'shared/tasks',
      createdBy: a.agent.id,
      updatedBy: a.agent.id,
      archived: false,
      conflicts: [],
    });
    expect(Date.parse(task.createdAt)).toBe(world.time.now());
    expect(await a.tasks.get(task.id)).toEqual(task);
    await a.close();
    const reopened = await world.open('a');
    expect(await reopened.tasks.get(task.id)).toEqual(task);
  });

  test('changes only in the fields an update names', async () => {
    const a = await new World().open('a');
    const task = await a.tasks.create({ title: 'Write', priority: 3, tags: ['x'] });
    const updated = await a.tasks.update(task.id, { status: 'working', notes: 'Begun.' });
    expect(updated).toEqual({
      ...task,
      status: 'working',
      notes: 'Begun.',
      updatedAt: updated.updatedAt,
    });
    expect(await a.tasks.get(task.id)).toEqual(updated);
  });

  test('loses an optional field that is set to null, and can get it again', async () => {
    const a = await new World().open('a');
    const task = await a.tasks.create({ title: 'Write', priority: 3, assignee: 'ann' });
    const cleared = await a.tasks.update(task.id, { priority: null, assignee: null } as never);
    expect(cleared).not.toHaveProperty('priority');
    expect(cleared).not.toHaveProperty('assignee');
    expect((await a.tasks.update(task.id, { priority: 0 })).priority).toBe(0);
  });

  test('is hidden by archiving and comes back, unchanged', async () => {
    const a = await new World().open('a');
    const item = await a.memory.create({ content: 'Keep this in mind' });
    await a.memory.archive(item.id);
    expect(await a.memory.list()).toEqual([]);
    expect((await a.recall('mind')).hits).toEqual([]);
    expect((await a.memory.get(item.id))?.archived).toBe(true);
    expect(await a.memory.count({ archived: true })).toBe(1);
    expect(await a.memory.count({ archived: 'any' })).toBe(1);
    const back = await a.memory.archive(item.id, false);
    expect(back).toEqual({ ...item, updatedAt: back.updatedAt });
    expect((await a.recall('mind')).hits).toHaveLength(1);
  });

  test('is gone for good once forgotten [DL]', async () => {
    const world = new World();
    const a = await world.open('a');
    const item = await a.memory.create({ content: 'Not to be kept' });
    await a.memory.forget(item.id);
    expect(await a.memory.get(item.id)).toBeUndefined();
    expect(await a.memory.list({ archived: 'any' })).toEqual([]);
    expect((await a.recall('kept')).hits).toEqual([]);
    await expect(a.memory.update(item.id, { importance: 1 })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(a.memory.forget(item.id)).rejects.toMatchObject({ code: 'not_found' });
    await a.close();
    const reopened = await world.open('a');
    expect(await reopened.memory.get(item.id)).toBeUndefined();
    const bytes = Buffer.concat([...world.machine('a').disk.image().values()]);
    expect(bytes.includes(item.id)).toBe(true);
  });

  test('is changed, archived and forgotten by its own collection alone', async () => {
    const a = await new World().open('a');
    const task = await a.tasks.in('shared/memory').create({ title: 'No item.' });
    const wrong = {
      code: 'not_found',
      message: expect.stringMatching(/no memory .* it names a record of the collection "task"/),
    };
    await expect(a.memory.update(task.id, { importance: 1 })).rejects.toMatchObject(wrong);
    await expect(a.memory.archive(task.id)).rejects.toMatchObject(wrong);
    await expect(a.memory.forget(task.id)).rejects.toMatchObject(wrong);
    expect(await a.tasks.in('shared/memory').get(task.id)).toEqual(task);
  });

  test('that an import brings in twice is left as it was, and found by its name there [ID]', async () => {
    const a = await new World().open('a');
    const id = importedRecordId('beads', 'bd', 'bd-1', '2026-01');
    const ref = 'beads:bd-1';
    const task = await a.tasks.import({ id, input: { title: 'From the tracker', ref } });
    await a.tasks.update(id, { title: 'Edited here' });
    await a.tasks.import({ id, input: { title: 'From the tracker', ref } });
    expect(await a.tasks.getByRef(ref)).toMatchObject({ id: task.id, title: 'Edited here' });
    expect(await a.tasks.count()).toBe(1);
    await a.tasks.forget(id);
    await expect(a.tasks.import({ id, input: { title: 'Again', ref } })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await a.tasks.getByRef(ref)).toBeUndefined();
  });

  test('that nobody wrote is not found', async () => {
    const a = await new World().open('a');
    const id = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as RecordId;
    expect(await a.tasks.get(id)).toBeUndefined();
    await expect(a.tasks.update(id, { priority: 1 })).rejects.toMatchObject({ code: 'not_found' });
    await expect(a.tasks.archive(id)).rejects.toThrow(/There is no task 1\.01JD6/);
  });
});

describe('a list', () => {
  test('gives the newest first, and page after page each record once', async () => {
    const world = new World();
    const a = await world.open('a');
    const made: Task[] = [];
    for (let n = 0; n < 23; n++) {
      made.unshift(await a.tasks.create({ title: `Task ${n}` }));
      if (n % 3 === 0) await world.time.advance(10);
    }
    expect(await a.tasks.list()).toEqual(made);
    const paged: Task[] = [];
    for (;;) {
      const before = paged.at(-1);
      const page = await a.tasks.list({ limit: 5, ...(before === undefined ? {} : { before }) });
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(5);
      paged.push(...page);
    }
    expect(paged).toEqual(made);
  });

  test('goes on where a page ended though its last record was forgotten', async () => {
    const world = new World();
    const a = await world.open('a');
    const made: string[] = [];
    for (let n = 0; n < 6; n++) {
      made.unshift((await a.tasks.create({ title: `Task ${n}` })).id);
      await world.time.advance(10);
    }
    const first = await a.tasks.list({ limit: 3 });
    const last = first.at(-1) as Task;
    await a.tasks.forget(last.id);
    const second = await a.tasks.list({ limit: 3, before: last });
    expect([...first, ...second].map(({ id }) => id)).toEqual(made);
  });

  test('can be narrowed to a state, and counts agree with it', async () => {
    const a = await new World().open('a');
    await a.memory.create({ content: 'One', kind: 'decision' });
    await a.memory.create({ content: 'Two', kind: 'fact' });
    await a.memory.create({ content: 'Three', kind: 'fact' });
    const facts = await a.memory.list({ state: 'fact' });
    expect(facts.map(({ content }) => content)).toEqual(['Three', 'Two']);
    expect(await a.memory.count({ state: 'fact' })).toBe(2);
    expect(await a.memory.count({ state: 'summary' })).toBe(0);
    expect(await a.memory.count({ conflicted: true })).toBe(0);
  });

  test('shows one collection of one namespace', async () => {
    const a = await new World().open('a');
    await a.memory.create({ content: 'Shared.' });
    await a.memory.in('agents/a/memory').create({ content: 'My own.' });
    await a.tasks.in('agents/a/memory').create({ title: 'Another collection.' });
    const own = a.memory.in('agents/a/memory');
    expect((await own.list()).map(({ content }) => content)).toEqual(['My own.']);
    expect((await a.memory.list()).map(({ content }) => content)).toEqual(['Shared.']);
  });
});

describe('watching', () => {
  test('tells every saved change once, in order, and whose it was', async () => {
    const world = new World();
    const a = await world.open('a', { answers: true });
    const b = await world.open('b', { dials: ['a'] });
    await world.inStep(a, b);
    const seen: CollectionChange<MemoryItem>[] = [];
    const stop = a.memory.watch((changes) => seen.push(...changes));

    const one = await a.memory.create({ content: 'One.' });
    const two = await b.memory.create({ content: 'Two.' });
    await world.eventually('two arrived', () => seen.length === 2);
    const marked = await a.memory.update(one.id, { importance: 1 });
    await b.memory.forget(two.id);
    await world.eventually('it was forgotten', () => seen.length === 4);
    expect(seen).toEqual([
      { id: one.id, record: one, origin: 'local' },
      { id: two.id, record: two, origin: 'remote' },
      { id: one.id, record: marked, origin: 'local' },
      { id: two.id, record: undefined, origin: 'remote' },
    ]);

    stop();
    await a.memory.create({ content: 'Unseen.' });
    expect(seen).toHaveLength(4);
  });

  test('shows what is saved: what the listener reads is what it was told', async () => {
    const a = await new World().open('a');
    const told: { readonly id: RecordId; readonly record: Task | undefined }[] = [];
    const read: Promise<Task | undefined>[] = [];
    a.tasks.watch((changes) => {
      told.push(...changes);
      for (const { id } of changes) read.push(a.tasks.get(id));
    });
    await Promise.all(['x', 'y', 'z'].map((title) => a.tasks.create({ title })));
    expect(await Promise.all(read)).toEqual(told.map(({ record }) => record));
    expect(told).toHaveLength(3);
  });
});

test('a tool keeps its state between calls, of any shape JSON has', async () => {
  const a = await new World().open('a');
  const state = { cursor: 7, seen: ['x', null], nested: { deep: [true, 1.5] } };
  const tool = await a.tools.create({ tool: 'crawler', state });
  expect((await a.tools.get(tool.id))?.state).toEqual(state);
  expect((await a.tools.update(tool.id, { state: [1] })).state).toEqual([1]);
  await expect(a.tools.update(tool.id, { tool: 'other' } as never)).rejects.toMatchObject({
    code: 'write_once',
  });
});

test('a tool’s state keeps members of every name', async () => {
  const a = await new World().open('a');
  const state = JSON.parse('{"constructor":1,"__proto__":{"prototype":[2]},"":{"toString":null}}');
  const { id } = await a.tools.create({ tool: 'x', state });
  const read = await a.tools.get(id);
  expect(JSON.stringify(read?.state)).toBe(
    '{"":{"toString":null},"__proto__":{"prototype":[2]},"constructor":1}',
  );
});

test('every agent that wrote is listed by its name, on every replica', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.open('b', { dials: ['a'] });
  await a.memory.create({ content: 'One.' });
  await b.memory.create({ content: 'Two.' });
  await world.inStep(a, b);
  const agents = [a.agent, b.agent].sort((x, y) => (x.id < y.id ? -1 : 1));
  for (const replica of [a, b]) {
    const listed = [...(await replica.agents())].sort((x, y) => (x.id < y.id ? -1 : 1));
    expect(listed).toEqual(agents);
  }
});

test('a closed mesh refuses reads and writes, and says to open it again', async () => {
  const a = await new World().open('a');
  const item = await a.memory.create({ content: 'One.' });
  await a.close();
  await a.close();
  const closed = { code: 'closed', message: expect.stringContaining('Open it again') };
  await expect(a.memory.create({ content: 'Two.' })).rejects.toMatchObject(closed);
  await expect(a.memory.update(item.id, { importance: 1 })).rejects.toMatchObject(closed);
  await expect(a.memory.get(item.id)).rejects.toMatchObject(closed);
  await expect(a.memory.list()).rejects.toMatchObject(closed);
  await expect((async () => a.memory.count())()).rejects.toMatchObject(closed);
});
