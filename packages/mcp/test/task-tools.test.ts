import { estimateTokens } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, test } from 'vitest';
import { call, failing, Place, textOf } from './connected.js';

interface TaskAnswer {
  readonly task: {
    readonly id: string;
    readonly uri: string;
    readonly status: string;
    readonly result?: string;
    readonly claim?: {
      readonly agent: string;
      readonly epoch: number;
      readonly leaseUntil: string;
    };
  };
  readonly notices: readonly { readonly type: string; readonly text: string }[];
}

interface TaskList {
  readonly tasks: readonly {
    readonly id: string;
    readonly title: string;
    readonly waitsFor?: readonly { readonly on: string }[];
  }[];
}

const create = async (client: Client, args: Record<string, unknown>): Promise<string> =>
  (await call<TaskAnswer>(client, 'task_create', args)).task.id;

const titles = async (client: Client, args: Record<string, unknown> = {}) =>
  (await call<TaskList>(client, 'task_list', args)).tasks.map(({ title }) => title);

describe('a task', () => {
  test('is ready when what it waits for is done, and then not before it is claimed by one', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('alice'), await place.connect('bob')];
    const first = await create(a, { title: 'Dig', priority: 1 });
    await create(a, { title: 'Build', blockedBy: [first] });
    expect(await titles(b)).toEqual(['Dig']);
    const { tasks } = await call<TaskList>(b, 'task_list', { view: 'blocked' });
    expect(tasks).toMatchObject([{ title: 'Build', waitsFor: [{ on: first }] }]);

    const { task } = await call<TaskAnswer>(b, 'task_claim', { next: true });
    expect(task).toMatchObject({ id: first, status: 'working', claim: { agent: 'bob', epoch: 1 } });
    expect(await failing(a, 'task_claim', { id: first })).toMatchObject({
      code: 'already_claimed',
    });
    expect(await titles(b, { view: 'mine' })).toEqual(['Dig']);
    expect(await titles(a, { view: 'mine' })).toEqual([]);
    await call(b, 'task_update', { id: first, state: 'completed', result: 'A hole' });
    expect(await titles(a)).toEqual(['Build']);
    expect(await titles(a, { view: 'all', state: 'completed' })).toEqual(['Dig']);
  });

  test('is renewed, commented on, and given back', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('alice'), await place.connect('bob')];
    const id = await create(a, { title: 'Dig' });
    const claimed = await call<TaskAnswer>(a, 'task_claim', { id, leaseSeconds: 60 });
    const again = await call<TaskAnswer>(a, 'task_update', {
      id,
      renew: true,
      comment: 'half way',
    });
    expect(again.task.claim?.epoch).toBe(1);
    expect(Date.parse(String(again.task.claim?.leaseUntil))).toBeGreaterThanOrEqual(
      Date.parse(String(claimed.task.claim?.leaseUntil)),
    );
    await call(a, 'task_update', { id, release: true, why: 'lunch' });
    const taken = await call<TaskAnswer>(b, 'task_claim', { id });
    expect(taken.task.claim).toMatchObject({ agent: 'bob' });
    expect(await failing(a, 'task_update', { id, renew: true })).toMatchObject({
      code: 'not_claimed',
    });
  });

  test('that somebody else ended is told of with the next answer, once', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('alice'), await place.connect('bob')];
    const id = await create(a, { title: 'Dig' });
    await call(a, 'task_claim', { id });
    await call(b, 'task_update', { id, state: 'canceled', why: 'not needed' });
    const told = await textOf(a, 'task_list');
    expect(told).toContain('somebody else ended it: it is canceled');
    expect(await textOf(a, 'task_list')).not.toContain('canceled');
  });

  test('is refused what is no legal step, and nothing of it is done', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('alice'), await place.connect('bob')];
    const id = await create(a, { title: 'Dig' });
    const skilled = await create(a, { title: 'Weld', requires: ['welding'] });
    expect(await failing(b, 'task_claim', { id: skilled })).toMatchObject({
      code: 'lacks_capability',
    });
    await call(b, 'task_claim', { id: skilled, can: ['welding'] });
    await call(a, 'task_update', { id, state: 'completed', result: 'done' });
    expect(await failing(b, 'task_update', { id, state: 'completed' })).toMatchObject({
      code: 'already_completed',
    });
    const canceled = await create(a, { title: 'Fly' });
    await call(a, 'task_update', { id: canceled, state: 'canceled' });
    expect(await failing(b, 'task_update', { id: canceled, state: 'working' })).toMatchObject({
      code: 'illegal_transition',
    });
    for (const args of [{ id }, { id, renew: true, release: true }])
      expect(await failing(a, 'task_update', args)).toMatchObject({ code: 'bad_input' });
    expect(await failing(a, 'task_claim', {})).toMatchObject({ code: 'bad_input' });
    expect(await failing(a, 'task_claim', { next: true })).toMatchObject({
      code: 'not_found',
      retryable: true,
    });
    const { task } = await call<TaskAnswer>(b, 'task_claim', { id: skilled, can: ['welding'] });
    expect(task.status).toBe('working');
    // Strictly, only the relay can grant it, and there is none.
    const strict = await create(a, { title: 'Launch' });
    const refused = await failing(a, 'task_claim', { id: strict, mode: 'strict' });
    expect(refused.code).toBe('relay_unavailable');
    expect(await titles(a)).toContain('Launch');
  });
});

describe('the texts of a task', () => {
  const description = `${'Dig here. '.repeat(300)}And no deeper.`;

  test('are whole where it is claimed and updated, and begun in lists, which say so', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('alice'), await place.connect('bob')];
    const id = await create(a, { title: 'Dig', description });
    const { tasks } = await call<{ tasks: object[] }>(b, 'task_list');
    expect(tasks).toMatchObject([{ truncated: ['description'] }]);
    const claimed = await call<TaskAnswer>(b, 'task_claim', { id });
    expect(claimed.task).toMatchObject({ description });
    expect(claimed.task).not.toHaveProperty('truncated');
    expect(await textOf(b, 'task_claim', { id })).toContain(`> ${description}`);
    const notes = `${'So far. '.repeat(200)}Half.`;
    const updated = await call<TaskAnswer>(b, 'task_update', { id, notes });
    expect(updated.task).toMatchObject({ description, notes });
  });

  test('are cut, and said to be, where they do not fit into an answer, whatever their script', async () => {
    const place = await Place.open();
    const a = await place.connect('alice');
    const tags = Array.from({ length: 200 }, (_, i) => `${i}${'掘'.repeat(90)}`);
    const id = await create(a, { title: 'Dig', description: '深く掘る。'.repeat(4_000) });
    const mesh = await place.session('planner');
    await mesh.tasks.update(id as RecordId, { tags: { add: tags } });
    await call(a, 'task_claim', { id });
    const args = { id, notes: 'Half.' };
    const { task } = await call<TaskAnswer & { task: { omitted?: number } }>(
      a,
      'task_update',
      args,
    );
    expect(task).toMatchObject({ notes: 'Half.', truncated: ['description'] });
    expect(task.omitted).toBeGreaterThan(100);
    expect(estimateTokens(JSON.stringify(task))).toBeLessThan(8_200);
    expect(estimateTokens(JSON.stringify(task))).toBeGreaterThan(6_000);
    const told = await textOf(a, 'task_update', args);
    expect(estimateTokens(told)).toBeLessThan(8_200);
    expect(told).toContain('its beginning');
  });
});

describe('the next task', () => {
  test('is the first that can be claimed, whatever stands above it', async () => {
    const place = await Place.open();
    const [mesh, a] = [await place.session('planner'), await place.connect('alice')];
    // Without a relay nobody gets a strict claim.
    for (let i = 0; i < 12; i++)
      await mesh.tasks.create({ title: `Launch ${i}`, claimMode: 'strict', priority: 0 });
    await mesh.tasks.create({ title: 'Dig', priority: 5 });
    expect(await call<TaskAnswer>(a, 'task_claim', { next: true })).toMatchObject({
      task: { title: 'Dig', status: 'working' },
    });
    const refused = await failing(a, 'task_claim', { next: true });
    expect(refused).toMatchObject({ code: 'relay_unavailable', retryable: true });
    expect(refused.text).toContain('none could be claimed');
  });

  test('is not one that takes strict claims only, when an advisory one is asked for', async () => {
    const place = await Place.open();
    const [mesh, a] = [await place.session('planner'), await place.connect('alice')];
    await mesh.tasks.create({ title: 'Launch', claimMode: 'strict', priority: 0 });
    await mesh.tasks.create({ title: 'Dig', priority: 5 });
    const asked = { next: true, mode: 'advisory' };
    expect(await call<TaskAnswer>(a, 'task_claim', asked)).toMatchObject({
      task: { title: 'Dig' },
    });
    const { code, text } = await failing(a, 'task_claim', asked);
    expect(code).toBe('bad_input');
    expect(text).toContain('strict claims only');
  });

  test('leaves those unread that it passes over [CF]', async () => {
    const place = await Place.open();
    const [mesh, a] = [await place.session('planner'), await place.connect('alice')];
    const { id } = await mesh.tasks.create({ title: 'Dig', priority: 5 });
    await mesh.tasks.create({ title: 'Launch', priority: 0 });
    await mesh.tasks.update(id, { title: 'Dig it' });
    await call(a, 'task_claim', { next: true });
    const { task } = await call<{ task: { conflicted: boolean } }>(a, 'task_update', {
      id,
      title: 'Bury it',
    });
    expect(task.conflicted).toBe(true);
  });
});
