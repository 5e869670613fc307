import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/index.js';
import { type OpenReplica, World } from '../world.js';

const blocks = (...on: readonly string[]) => on.map((name) => ({ type: 'blocks', on: name }));
const titles = (tasks: readonly Task[]): readonly string[] => tasks.map(({ title }) => title);

describe('what is ready', () => {
  test('is submitted, held by nobody and waits for nothing: most urgent first, then oldest', async () => {
    const a = await new World().open('a');
    await a.tasks.create({ title: 'no priority' });
    await a.tasks.create({ title: 'second', priority: 1 });
    const urgent = await a.tasks.create({ title: 'first', priority: 0 });
    await a.tasks.create({ title: 'third', priority: 1 });
    await a.tasks.create({ title: 'waiting', priority: 0, dependencies: blocks(urgent.id) });
    await a.tasks.create({ title: 'asked', priority: 0, status: 'input_required' });
    const hidden = await a.tasks.create({ title: 'hidden', priority: 0 });
    await a.tasks.archive(hidden.id);
    expect(titles(await a.tasks.ready())).toEqual(['first', 'second', 'third', 'no priority']);
    expect(titles(await a.tasks.ready({ limit: 2 }))).toEqual(['first', 'second']);
    await a.tasks.update(urgent.id, { priority: 9 });
    expect(titles(await a.tasks.ready())).toEqual(['second', 'third', 'first', 'no priority']);
  });

  test('follows what is done, task by task', async () => {
    const a = await new World().open('a');
    const one = await a.tasks.create({ title: 'one' });
    const two = await a.tasks.create({ title: 'two', dependencies: blocks(one.id) });
    const three = await a.tasks.create({ title: 'three', dependencies: blocks(one.id, two.id) });
    expect(titles(await a.tasks.ready())).toEqual(['one']);
    await expect(a.tasks.claim(two.id)).rejects.toMatchObject({
      code: 'blocked',
      retryable: true,
      message: expect.stringContaining(`${one.id} (submitted)`),
    });
    await a.tasks.claim(one.id);
    expect(await a.tasks.ready()).toEqual([]);
    await a.tasks.complete(one.id);
    expect(titles(await a.tasks.ready())).toEqual(['two']);
    expect(await a.tasks.blocked()).toMatchObject([
      { task: { title: 'three' }, by: [{ on: two.id, state: 'submitted' }] },
    ]);
    await a.tasks.complete(two.id);
    expect(titles(await a.tasks.ready())).toEqual(['three']);
    expect((await a.tasks.situation(three.id)).kind).toBe('ready');
    await a.tasks.forget(three.id);
    expect(await a.tasks.ready()).toEqual([]);
  });

  test('is the same before and after the replica was opened again', async () => {
    const world = new World();
    const a = await world.open('a');
    const one = await a.tasks.create({ title: 'one' });
    await a.tasks.create({ title: 'two', dependencies: blocks(one.id) });
    const done = await a.tasks.create({ title: 'done' });
    await a.tasks.complete(done.id);
    await a.tasks.create({ title: 'three', dependencies: blocks(done.id) });
    const before = await a.tasks.ready();
    await a.close();
    const again = await world.open('a');
    expect(await again.tasks.ready()).toEqual(before);
    expect(titles(before)).toEqual(['one', 'three']);
  });

  test.each(['failed', 'canceled', 'rejected'] as const)(
    'is nothing that waits for a task that %s: it was not done',
    async (status) => {
      const a = await new World().open('a');
      const one = await a.tasks.create({ title: 'one' });
      const two = await a.tasks.create({ title: 'two', dependencies: blocks(one.id) });
      await a.tasks.update(one.id, { status });
      expect(await a.tasks.ready()).toEqual([]);
      expect(await a.tasks.situation(two.id)).toEqual({
        kind: 'blocked',
        blockers: [{ on: one.id, state: status }],
      });
      await a.tasks.update(two.id, { dependencies: { remove: blocks(one.id) } }, 'Not needed.');
      expect(titles(await a.tasks.ready())).toEqual(['two']);
    },
  );

  test('is nothing that waits for a task nobody has here, until it comes and is done', async () => {
    const a = await new World().open('a');
    const id = 'i0-abcdefgh-1.abcdefghijklmnopqrstuvwxyz' as RecordId;
    const byRef = await a.tasks.create({ title: 'by ref', dependencies: blocks('other:7') });
    await a.tasks.create({ title: 'by id', dependencies: blocks(id) });
    expect(await a.tasks.ready()).toEqual([]);
    expect((await a.tasks.situation(byRef.id)).blockers).toEqual([
      { on: 'other:7', state: 'unknown' },
    ]);
    await a.tasks.import({ id, input: { title: 'seven', ref: 'other:7' } });
    expect(titles(await a.tasks.ready())).toEqual(['seven']);
    await a.tasks.complete(id);
    expect(titles(await a.tasks.ready())).toEqual(['by ref', 'by id']);
  });

  test('knows dependencies of other kinds, and lets them hold nothing back', async () => {
    const a = await new World().open('a');
    const one = await a.tasks.create({ title: 'one', status: 'working' });
    for (const type of ['parent-child', 'discovered-from', 'related'])
      await a.tasks.create({ title: type, dependencies: [{ type, on: one.id }] });
    expect(await a.tasks.ready()).toHaveLength(3);
  });
});

describe('a ring of tasks that wait for each other', () => {
  async function chain(a: OpenReplica): Promise<readonly [Task, Task, Task]> {
    const one = await a.tasks.create({ title: 'one' });
    const two = await a.tasks.create({ title: 'two', dependencies: blocks(one.id) });
    return [one, two, await a.tasks.create({ title: 'three', dependencies: blocks(two.id) })];
  }

  test('is refused when it is written, and the ring is named', async () => {
    const a = await new World().open('a');
    const [one, two, three] = await chain(a);
    for (const on of [three, two, one]) {
      await expect(
        a.tasks.update(one.id, { dependencies: { add: blocks(on.id) } }),
      ).rejects.toMatchObject({
        code: 'dependency_cycle',
        message: expect.stringContaining(`${one.id} →`),
      });
    }
    expect((await a.tasks.get(one.id))?.dependencies).toEqual([]);
    expect(await a.tasks.cycles()).toEqual([]);
  });

  test('is not closed by two sessions that each write one half at the same time', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const one = await a.tasks.create({ title: 'one' });
    const two = await a.tasks.create({ title: 'two' });
    const written = await Promise.allSettled([
      a.tasks.update(one.id, { dependencies: { add: blocks(two.id) } }),
      other.tasks.update(two.id, { dependencies: { add: blocks(one.id) } }),
    ]);
    expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await a.tasks.cycles()).toEqual([]);
  });

  test('made by a merge is shown, and its latest dependency ignored, alike everywhere [CV]', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const b = await world.open('b', { relay: true });
    const one = await a.tasks.create({ title: 'one' });
    const two = await a.tasks.create({ title: 'two' });
    await world.inStep(a, b);
    for (const replica of [a, b]) replica.setOffline(true);
    await a.tasks.update(one.id, { dependencies: { add: blocks(two.id) } });
    await world.time.advance(10);
    await b.tasks.update(two.id, { dependencies: { add: blocks(one.id) } });
    expect(titles(await a.tasks.ready())).toEqual(['two']);
    for (const replica of [a, b]) replica.setOffline(false);
    await world.inStep(a, b);
    const c = await world.open('c', { relay: true });
    await world.inStep(a, b, c);
    for (const { tasks } of [a, b, c]) {
      expect(await tasks.cycles()).toMatchObject([
        { tasks: [two.id, one.id], ignored: { from: two.id, to: one.id } },
      ]);
      expect(titles(await tasks.ready())).toEqual(['two']);
    }
    await b.tasks.claim(two.id);
    await b.tasks.complete(two.id);
    expect(titles(await b.tasks.ready())).toEqual(['one']);
    expect(await b.tasks.cycles()).toEqual([]);
  });

  test('is undone by removing any of its dependencies', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const b = await world.open('b', { relay: true });
    const [one, , three] = await chain(a);
    await world.inStep(a, b);
    b.setOffline(true);
    const four = await b.tasks.create({ title: 'four', dependencies: blocks(three.id) });
    b.setOffline(false);
    await world.inStep(a, b);
    await expect(
      a.tasks.update(one.id, { dependencies: { add: blocks(four.id) } }),
    ).rejects.toMatchObject({ code: 'dependency_cycle' });
    await a.tasks.update(four.id, { dependencies: { remove: blocks(three.id) } });
    await a.tasks.update(one.id, { dependencies: { add: blocks(four.id) } });
    expect(titles(await a.tasks.ready())).toEqual(['four']);
  });

  test('that an import brings is kept, shown and broken, not refused', async () => {
    const a = await new World().open('a');
    const id = (n: number) => `i0-abcdefgh-1.abcdefghijklmnopqrstuvwxy${n}` as RecordId;
    for (const [n, on] of [
      [2, 3],
      [3, 4],
      [4, 2],
    ] as const) {
      const input = { title: String(n), ref: `other:${n}`, dependencies: blocks(`other:${on}`) };
      await a.tasks.import({ id: id(n), input });
    }
    expect(await a.tasks.cycles()).toMatchObject([{ ignored: { from: id(4), to: id(2) } }]);
    expect(titles(await a.tasks.ready())).toEqual(['4']);
    await a.tasks.claim(id(4));
  });
});
