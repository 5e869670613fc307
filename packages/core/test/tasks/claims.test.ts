import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import type { Task } from '../../src/index.js';
import { CLOCK_ERROR_MS } from '../../src/tasks/lease-watch.js';
import { type OpenReplica, World } from '../world.js';

const MINUTE = 60_000;

async function pair(): Promise<{ world: World; a: OpenReplica; b: OpenReplica }> {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true });
  const b = await world.open('b', { relay: true });
  return { world, a, b };
}

const refusal = (code: string, retryable = false) => ({ code, retryable });

describe('a claim', () => {
  test('names who holds the task, and sets it to working', async () => {
    const a = await new World().open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    const task = await a.tasks.claim(id, { ttlMs: MINUTE });
    expect(task).toMatchObject({
      status: 'working',
      claim: { agent: a.agent.id, epoch: 1, mode: 'advisory', ttlMs: MINUTE, released: false },
    });
    expect(await a.tasks.ready()).toEqual([]);
    expect((await a.tasks.situation(id)).kind).toBe('held');
  });

  test('of a task that somebody holds is refused, and says who holds it and until when', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id, { ttlMs: MINUTE });
    await expect(other.tasks.claim(id)).rejects.toMatchObject({
      ...refusal('already_claimed', true),
      message: expect.stringContaining(`a holds this task until ${iso(world, MINUTE)}`),
    });
    const again = await world.session(a, 'a');
    await expect(again.tasks.claim(id)).rejects.toMatchObject(refusal('already_claimed', true));
  });

  test('is taken once by two sessions of one process that want it at the same time [TC]', async () => {
    const world = new World();
    const a = await world.open('a');
    const sessions = await Promise.all(['x', 'y', 'z'].map((name) => world.session(a, name)));
    const { id } = await a.tasks.create({ title: 'Write' });
    const claims = await Promise.allSettled(sessions.map(({ tasks }) => tasks.claim(id)));
    expect(claims.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect((await a.tasks.get(id))?.claims).toHaveLength(1);
  });

  test('is renewed by whoever holds it, and by nobody else', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const { id } = await a.tasks.create({ title: 'Write' });
    await expect(a.tasks.renew(id)).rejects.toMatchObject(refusal('not_claimed'));
    const { claim } = await a.tasks.claim(id, { ttlMs: MINUTE });
    await world.time.advance(30_000);
    const renewed = await a.tasks.renew(id);
    expect(renewed.claim).toEqual({ ...claim, renewedAt: world.time.now() });
    await expect(other.tasks.renew(id)).rejects.toMatchObject(refusal('not_claimed'));
  });

  test('claimed again for another time has that lease, and without one keeps what it has', async () => {
    const world = new World();
    const a = await world.open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id, { ttlMs: MINUTE });
    expect((await a.tasks.claim(id)).claim).toMatchObject({ epoch: 1, ttlMs: MINUTE });
    const longer = await a.tasks.claim(id, { ttlMs: 10 * MINUTE });
    expect(longer.claim).toMatchObject({ epoch: 2, ttlMs: 10 * MINUTE });
    await world.time.advance(5 * MINUTE);
    const other = await world.session(a, 'other');
    await expect(other.tasks.claim(id)).rejects.toMatchObject(refusal('already_claimed', true));
    expect((await a.tasks.complete(id)).status).toBe('completed');
  });

  test('renewed many times leaves one lease in the store, not a history', async () => {
    const world = new World();
    const a = await world.open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id, { ttlMs: MINUTE });
    const before = (await a.inner.store.envelopes('shared/tasks' as never, [id])).length;
    for (let n = 0; n < 5; n++) await a.tasks.renew(id);
    expect(await a.inner.store.envelopes('shared/tasks' as never, [id])).toHaveLength(before + 1);
  });

  test('given back makes the task ready again, and the next claim has the next epoch', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    const { id } = await a.tasks.create({ title: 'Write' });
    const first = (await a.tasks.claim(id)).claim;
    const released = await a.tasks.release(id, 'Out of budget.');
    expect(released.status).toBe('submitted');
    expect(released.claim).toBeUndefined();
    expect(await a.tasks.ready()).toHaveLength(1);
    const second = (await other.tasks.claim(id)).claim;
    expect(second).toMatchObject({ epoch: 2, replaces: first?.key });
  });

  test('is given back by another session of its agent, whose own is gone', async () => {
    const world = new World();
    const a = await world.open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id);
    await a.close();
    const again = await world.open('a');
    await expect(again.tasks.renew(id)).rejects.toMatchObject(refusal('not_claimed'));
    expect((await again.tasks.release(id)).claim).toBeUndefined();
  });

  test.each([
    [{ ttlMs: 10 }, /"options.ttlMs"/],
    [{ ttlMs: 8 * 24 * 60 * MINUTE }, /"options.ttlMs"/],
    [{ mode: 'loose' as never }, /"options.mode"/],
    [{ until: 'noon' } as never, /"options.until"/],
  ])('with options %j is refused before anything is written', async (options, message) => {
    const a = await new World().open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    await expect(a.tasks.claim(id, options)).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringMatching(message),
    });
    expect(await a.tasks.ready()).toHaveLength(1);
  });

  test('of a task that is not there, or of no task, says so', async () => {
    const a = await new World().open('a');
    const item = await a.memory.in('shared/tasks').create({ content: 'No task.' });
    for (const id of ['1.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as RecordId, item.id])
      await expect(a.tasks.claim(id)).rejects.toMatchObject(refusal('not_found'));
    await expect(a.tasks.claim('no id' as RecordId)).rejects.toMatchObject(refusal('bad_input'));
  });

  test('of a task that requires what the agent has not declared is refused', async () => {
    const world = new World();
    const a = await world.open('a');
    const { id } = await a.tasks.create({ title: 'Deploy', requires: ['deploy', 'sign'] });
    await expect(a.tasks.claim(id)).rejects.toMatchObject({
      ...refusal('lacks_capability'),
      message: expect.stringContaining('requires deploy, sign'),
    });
    expect(await a.tasks.ready()).toEqual([]);
    expect(await a.tasks.ready({ capabilities: 'any' })).toHaveLength(1);
    const able = await world.session(a, 'able', 'agent', ['sign', 'deploy']);
    expect(await able.tasks.ready()).toHaveLength(1);
    await able.tasks.claim(id);
    const listed = (await a.agents()).find(({ name }) => name === 'able');
    expect([...(listed?.capabilities ?? [])].sort()).toEqual(['deploy', 'sign']);
  });
});

test('a claim that was refused has shown its session nothing: what it writes replaces nothing [CF]', async () => {
  const world = new World();
  const a = await world.open('a');
  const other = await world.session(a, 'other');
  const { id } = await a.tasks.create({ title: 'Write' });
  await a.tasks.update(id, { notes: 'By a.' });
  await a.tasks.claim(id);
  await expect(other.tasks.claim(id)).rejects.toMatchObject(refusal('already_claimed', true));
  await expect(other.tasks.complete(id)).rejects.toMatchObject(refusal('already_claimed', true));
  await other.tasks.situation(id);
  await world.time.advance(10);
  const task = await other.tasks.update(id, { notes: 'By other.' });
  expect(task.conflicts).toMatchObject([{ field: 'notes', others: [{ value: 'By a.' }] }]);
});

describe('a lease that lapsed', () => {
  test('changes nothing by itself, and permits a claim that names the one it replaces [TC]', async () => {
    const { world, a, b } = await pair();
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id, { ttlMs: MINUTE });
    await world.inStep(a, b);
    expect(await b.tasks.stale()).toEqual([]);
    const held = await b.tasks.get(id);
    await world.time.advance(2 * MINUTE);
    expect(await b.tasks.get(id)).toEqual(held);
    expect((await b.tasks.stale()).map((task) => task.id)).toEqual([id]);
    expect((await b.tasks.situation(id)).kind).toBe('stale');
    const taken = await b.tasks.claim(id);
    expect(taken.claim).toMatchObject({ epoch: 2, agent: b.agent.id, replaces: held?.claim?.key });
    await world.inStep(a, b);
    expect((await a.tasks.get(id))?.claim).toEqual(taken.claim);
  });

  test('is told by how long it was watched here: a holder whose clock is hours behind keeps what it renews', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true, skewMs: -4 * 60 * MINUTE });
    const b = await world.open('b', { relay: true });
    const { id } = await a.tasks.create({ title: 'Write' });
    await world.inStep(a, b);
    await b.tasks.ready();
    await a.tasks.claim(id, { ttlMs: MINUTE });
    for (let n = 0; n < 3; n++) {
      await world.time.advance(50_000);
      await expect(b.tasks.claim(id)).rejects.toMatchObject(refusal('already_claimed', true));
      await a.tasks.renew(id);
    }
    await world.time.advance(MINUTE + 1_000);
    expect((await b.tasks.claim(id)).claim?.epoch).toBe(2);
  });

  test('that was there before this device came is left alone for as long as clocks may be wrong', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id, { ttlMs: 60 * MINUTE });
    const ahead = 60 * MINUTE + CLOCK_ERROR_MS - 10_000;
    const b = await world.open('b', { relay: true, skewMs: ahead });
    await world.inStep(a, b);
    await expect(b.tasks.claim(id)).rejects.toMatchObject(refusal('already_claimed', true));
    await world.time.advance(10_000);
    expect((await b.tasks.situation(id)).kind).toBe('stale');
  });

  test('is noticed by a device that comes long after, without waiting for another lease', async () => {
    const world = new World();
    const a = await world.open('a');
    const { id } = await a.tasks.create({ title: 'Write' });
    await a.tasks.claim(id, { ttlMs: MINUTE });
    await a.close();
    await world.time.advance(MINUTE + CLOCK_ERROR_MS);
    const again = await world.open('a');
    expect((await again.tasks.claim(id)).claim?.epoch).toBe(2);
  });
});

describe('claims made apart', () => {
  async function claimedApart(): Promise<{
    world: World;
    a: OpenReplica;
    b: OpenReplica;
    id: RecordId;
  }> {
    const { world, a, b } = await pair();
    const { id } = await a.tasks.create({ title: 'Write' });
    await world.inStep(a, b);
    for (const replica of [a, b]) replica.setOffline(true);
    await a.tasks.claim(id);
    await world.time.advance(10);
    await b.tasks.claim(id);
    return { world, a, b, id };
  }

  async function heal(world: World, ...replicas: readonly OpenReplica[]): Promise<void> {
    for (const replica of replicas) replica.setOffline(false);
    await world.inStep(...replicas);
  }

  test('have one holder everywhere, the earlier one, and the other is told [TC]', async () => {
    const { world, a, b, id } = await claimedApart();
    const told: unknown[] = [];
    b.tasks.notices((notices) => told.push(...notices));
    await heal(world, a, b);
    for (const { tasks } of [a, b]) expect((await tasks.get(id))?.claim?.agent).toBe(a.agent.id);
    expect(told).toMatchObject([
      { type: 'claim_lost', task: id, claim: { agent: b.agent.id }, to: { agent: a.agent.id } },
    ]);
    await expect(b.tasks.renew(id)).rejects.toMatchObject(refusal('not_claimed'));
    await a.tasks.release(id);
    await world.inStep(a, b);
    expect((await b.tasks.get(id))?.claim).toBeUndefined();
  });

  test('and completed apart: one completion is accepted, both are kept, both authors are told [TC] [CF]', async () => {
    const { world, a, b, id } = await claimedApart();
    expect((await b.tasks.complete(id, 'By b.')).result).toBe('By b.');
    await world.time.advance(10);
    expect((await a.tasks.complete(id, 'By a.')).result).toBe('By a.');
    await heal(world, a, b);
    for (const { tasks } of [a, b]) {
      const task = (await tasks.get(id)) as Task;
      expect(task).toMatchObject({ status: 'completed', result: 'By a.', conflicts: [] });
      expect(task.claim).toBeUndefined();
      expect(task.completions?.map(({ result, accepted }) => [result, accepted])).toEqual([
        ['By a.', true],
        ['By b.', false],
      ]);
    }
    const told: unknown[] = [];
    a.tasks.notices((notices) => told.push(...notices));
    b.tasks.notices((notices) => told.push(...notices));
    expect(told).toMatchObject([
      { type: 'completion_accepted', task: id, over: [{ result: 'By b.' }] },
      { type: 'completion_not_accepted', task: id, accepted: { result: 'By a.' } },
    ]);
  });

  test('a lone completion is accepted though its claim was lost, and its holder is told [TC]', async () => {
    const { world, a, b, id } = await claimedApart();
    const told: unknown[] = [];
    a.tasks.notices((notices) => told.push(...notices));
    await b.tasks.complete(id, 'By b.');
    await heal(world, a, b);
    for (const { tasks } of [a, b])
      expect(await tasks.get(id)).toMatchObject({ status: 'completed', result: 'By b.' });
    expect(told).toMatchObject([{ type: 'task_ended', task: id, status: 'completed' }]);
    await expect(a.tasks.complete(id)).rejects.toMatchObject(refusal('already_completed'));
    await expect(a.tasks.claim(id)).rejects.toMatchObject(refusal('already_completed'));
  });

  test('who started what rests on the other completion is told which one counts now', async () => {
    const { world, a, b, id } = await claimedApart();
    const next = await b.tasks.create({
      title: 'Read it',
      dependencies: [{ type: 'blocks', on: id }],
    });
    await b.tasks.complete(id, 'By b.');
    await b.tasks.claim(next.id);
    const told: unknown[] = [];
    b.tasks.notices((notices) => told.push(...notices));
    await a.tasks.complete(id, 'By a.');
    await heal(world, a, b);
    expect(told).toMatchObject([
      { type: 'completion_not_accepted', task: id },
      { type: 'blocker_changed', task: next.id, blocker: id, accepted: { result: 'By a.' } },
    ]);
  });
});

function iso(world: World, inMs: number): string {
  return new Date(world.time.now() + inMs).toISOString();
}
