import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import { isEnd, statesAfter, type TaskState, taskStates } from '../../src/index.js';
import { type OpenReplica, World } from '../world.js';

async function taskIn(state: TaskState) {
  const a = await new World().open('a');
  const { id } = await a.tasks.create({ title: 'Write', status: state });
  return { a, id };
}

describe('the state of a task', () => {
  test('goes on from what is not over to any other, and from an end to none', () => {
    expect(taskStates.filter(isEnd)).toEqual(['completed', 'failed', 'canceled', 'rejected']);
    for (const state of taskStates) expect(statesAfter(state)).toHaveLength(isEnd(state) ? 0 : 7);
  });

  const legal = taskStates.flatMap((from) => statesAfter(from).map((to) => [from, to] as const));
  test.each(legal)('becomes %2$s after %1$s, and the log says so', async (from, to) => {
    const { a, id } = await taskIn(from);
    expect((await a.tasks.update(id, { status: to }, 'As agreed.')).status).toBe(to);
    expect((await a.tasks.log(id)).at(-1)).toMatchObject({ from, to, why: 'As agreed.' });
  });

  const illegal = taskStates
    .filter(isEnd)
    .flatMap((from) => taskStates.filter((to) => to !== from).map((to) => [from, to] as const));
  test.each(illegal)('cannot become %2$s after %1$s: nothing is written', async (from, to) => {
    const { a, id } = await taskIn(from);
    const before = await a.tasks.get(id);
    await expect(a.tasks.update(id, { status: to, notes: 'Lost?' })).rejects.toMatchObject({
      code: from === 'completed' ? 'already_completed' : 'illegal_transition',
      message: expect.stringMatching(/new task/),
    });
    expect(await a.tasks.get(id)).toEqual(before);
  });

  test('completed once cannot be completed again, by whoever [TC]', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.complete(id, 'Done.');
    const again = { code: 'already_completed', retryable: false };
    for (const { tasks } of [a, other]) {
      await expect(tasks.complete(id, 'Me too.')).rejects.toMatchObject(again);
      await expect(tasks.update(id, { status: 'completed' })).rejects.toMatchObject(again);
      await expect(tasks.fail(id, 'No.')).rejects.toMatchObject(again);
    }
    expect((await a.tasks.get(id))?.completions).toHaveLength(1);
  });

  test('is completed once by two sessions of one process that do it at the same time [TC]', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const { id } = await a.tasks.create({ title: 'Write' });
    const done = await Promise.allSettled([
      a.tasks.complete(id, '1'),
      other.tasks.complete(id, '2'),
    ]);
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await a.tasks.get(id))?.completions).toHaveLength(1);
  });

  test('is ended by who claimed the task, or by anybody while nobody holds it', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id);
    const refused = { code: 'already_claimed', retryable: true };
    await expect(other.tasks.complete(id)).rejects.toMatchObject(refused);
    await expect(other.tasks.fail(id, 'No.')).rejects.toMatchObject(refused);
    await a.tasks.release(id);
    expect((await other.tasks.fail(id, 'No paper.')).status).toBe('failed');
  });
});

describe('states written apart', () => {
  async function apart(
    first: TaskState,
    second: TaskState,
  ): Promise<
    readonly [OpenReplica, OpenReplica, Awaited<ReturnType<OpenReplica['tasks']['log']>>]
  > {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const b = await world.open('b', { relay: true });
    const { id } = await a.tasks.create({ title: 'Write' });
    await world.inStep(a, b);
    for (const one of [a, b]) one.setOffline(true);
    await Promise.all([a.tasks.get(id), b.tasks.get(id)]);
    await a.tasks.update(id, { status: first });
    await world.time.advance(10);
    await b.tasks.update(id, { status: second });
    for (const one of [a, b]) one.setOffline(false);
    await world.inStep(a, b);
    expect(await a.tasks.get(id)).toEqual(await b.tasks.get(id));
    expect(await a.tasks.log(id)).toEqual(await b.tasks.log(id));
    return [a, b, await a.tasks.log(id)];
  }

  test.each([
    ['completed', 'working', 'completed', false],
    ['working', 'completed', 'completed', false],
    ['canceled', 'working', 'canceled', false],
    ['completed', 'canceled', 'completed', true],
    ['canceled', 'completed', 'completed', true],
    ['canceled', 'failed', 'failed', true],
    ['working', 'input_required', 'input_required', true],
  ] as const)(
    '%s and %s show as %s everywhere, the other is listed [CF]',
    async (first, second, shown, open) => {
      const [a] = await apart(first, second);
      const [task] = await a.tasks.list();
      expect(task?.status).toBe(shown);
      const other = shown === first ? second : first;
      expect(task?.conflicts).toMatchObject([
        { field: 'status', chosen: { value: shown }, others: [{ value: other }], open },
      ]);
      expect(await a.tasks.count({ conflicted: true })).toBe(open ? 1 : 0);
    },
  );

  test('leave an entry in the log that is marked as out of turn', async () => {
    const [, , log] = await apart('canceled', 'working');
    expect(log.map((event) => [event.type, 'outOfTurn' in event])).toEqual([
      ['created', false],
      ['state', false],
      ['state', true],
    ]);
  });

  test('are settled by writing the shown one again', async () => {
    const [a] = await apart('completed', 'canceled');
    const [task] = await a.tasks.list();
    const settled = await a.tasks.update(task?.id as never, { status: 'completed' });
    expect(settled).toMatchObject({ status: 'completed', conflicts: [] });
    expect(settled.completions).toHaveLength(1);
  });
});

test('a conflict of states is resolved like any other, but for a completion that counts', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true });
  const b = await world.open('b', { relay: true });
  const made = await Promise.all(['Write', 'Read'].map((title) => a.tasks.create({ title })));
  const [write, read] = made.map(({ id }) => id) as [RecordId, RecordId];
  await world.inStep(a, b);
  for (const one of [a, b]) one.setOffline(true);
  await a.tasks.update(write, { status: 'failed' });
  await a.tasks.complete(read);
  await world.time.advance(10);
  for (const id of [write, read]) await b.tasks.update(id, { status: 'canceled' });
  for (const one of [a, b]) one.setOffline(false);
  await world.inStep(a, b);
  for (const conflict of await a.conflicts.list()) {
    const reason = 'It was tried.';
    const resolving = a.conflicts.resolve(conflict, { value: 'failed' }, { reason });
    if (conflict.record === write) await resolving;
    else await expect(resolving).rejects.toMatchObject({ code: 'already_completed' });
  }
  expect(await a.tasks.get(write)).toMatchObject({ status: 'failed', conflicts: [] });
  expect((await a.tasks.log(write)).at(-1)).toMatchObject({ to: 'failed', why: 'It was tried.' });
  expect(await a.tasks.get(read)).toMatchObject({ status: 'completed' });
});

describe('the log of a task', () => {
  test('tells who did what, when and why, in order, on every replica', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const b = await world.open('b', { relay: true });
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id);
    await a.tasks.renew(id);
    await a.tasks.comment(id, 'Halfway.');
    await a.tasks.update(id, { priority: 0 }, 'The release waits.');
    await a.tasks.update(id, { dependencies: { add: [{ type: 'blocks', on: 'later' }] } });
    await a.tasks.release(id, 'Lunch.');
    await world.inStep(a, b);
    await b.tasks.get(id);
    await b.tasks.update(id, { dependencies: { remove: [{ type: 'blocks', on: 'later' }] } });
    await b.tasks.claim(id);
    await b.tasks.complete(id, 'Written.');
    await world.inStep(a, b);
    const log = await a.tasks.log(id);
    expect(log).toEqual(await b.tasks.log(id));
    const [wrote, read] = [a.agent.id, b.agent.id];
    expect(log).toMatchObject([
      { type: 'created', to: 'submitted', agent: wrote },
      { type: 'claimed', epoch: 1, from: 'submitted', to: 'working', agent: wrote },
      { type: 'comment', text: 'Halfway.', agent: wrote },
      { type: 'replanned', fields: ['priority'], why: 'The release waits.', agent: wrote },
      { type: 'replanned', fields: ['dependencies'], agent: wrote },
      { type: 'released', epoch: 1, to: 'submitted', why: 'Lunch.', agent: wrote },
      { type: 'replanned', fields: ['dependencies'], agent: read },
      { type: 'claimed', epoch: 2, to: 'working', agent: read },
      { type: 'state', from: 'working', to: 'completed', agent: read },
    ]);
    expect([...log].sort((x, y) => (x.at < y.at ? -1 : 1))).toEqual(log);
  });

  test('keeps comments that two agents add apart, without a conflict', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const b = await world.open('b', { relay: true });
    const { id } = await a.tasks.create({ title: 'Write' });
    await world.inStep(a, b);
    await Promise.all([a.tasks.comment(id, 'One.'), b.tasks.comment(id, 'Two.')]);
    await world.inStep(a, b);
    const texts = (await b.tasks.log(id)).flatMap((e) => (e.type === 'comment' ? [e.text] : []));
    expect(texts.sort()).toEqual(['One.', 'Two.']);
    expect((await a.tasks.get(id))?.conflicts).toEqual([]);
  });

  test('takes no comment that is empty or too long, and no result beyond the limit', async () => {
    const a = await new World().open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    await expect(a.tasks.comment(id, '')).rejects.toMatchObject({ code: 'bad_input' });
    await expect(a.tasks.comment(id, 'x'.repeat(20_001))).rejects.toMatchObject({
      code: 'bad_input',
    });
    await expect(a.tasks.complete(id, 'x'.repeat(1_100_000))).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('Split it'),
    });
    expect(await a.tasks.get(id)).toMatchObject({ status: 'submitted' });
    await a.tasks.complete(id, 'Short.');
  });
});
