import type { RecordId } from '@mnemesh/protocol';
import { readUpdateLog } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { type OpenReplica, TEAM, World } from '../world.js';

const MINUTE = 60_000;

async function pair(): Promise<{
  readonly world: World;
  readonly a: OpenReplica;
  readonly b: OpenReplica;
  readonly id: RecordId;
}> {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true });
  const b = await world.open('b', { relay: true });
  const { id } = await a.tasks.create({ title: 'Deploy', claimMode: 'strict' });
  await world.inStep(a, b);
  return { world, a, b, id };
}

describe('a strict claim', () => {
  test('is granted by the relay, and carries the token it was granted by [TC]', async () => {
    const { world, a, b, id } = await pair();
    const { claim } = await world.complete(a.tasks.claim(id));
    expect(claim).toMatchObject({ mode: 'strict', epoch: 1, token: { number: 1 } });
    await world.inStep(a, b);
    expect((await b.tasks.get(id))?.claim).toEqual(claim);
  });

  test('of two that ask at the same moment is granted to one [TC]', async () => {
    const { world, a, b, id } = await pair();
    const claims = [a, b].map(({ tasks }) => tasks.claim(id).saved);
    const settled = await world.complete(Promise.allSettled(claims));
    expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = settled.find((one) => one.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'already_claimed', retryable: true });
    await world.inStep(a, b);
    expect((await a.tasks.get(id))?.claims).toHaveLength(1);
  });

  test('is refused without a relay, may be tried again, and leaves nothing behind', async () => {
    const { world, a, id } = await pair();
    a.setOffline(true);
    const before = await a.tasks.get(id);
    await expect(a.tasks.claim(id)).rejects.toMatchObject({
      code: 'relay_unavailable',
      retryable: true,
    });
    await expect(a.tasks.claim(id, { mode: 'advisory' })).rejects.toMatchObject({
      code: 'bad_input',
    });
    expect(await a.tasks.get(id)).toEqual(before);
    a.setOffline(false);
    await world.inStep(a);
    await world.complete(a.tasks.claim(id));
  });

  test('is not had by whoever holds the task without the relay, until the relay grants it [TC]', async () => {
    const { world, a, b } = await pair();
    const { id } = await a.tasks.create({ title: 'Free to claim' });
    await world.inStep(a, b);
    a.setOffline(true);
    await a.tasks.claim(id, { mode: 'advisory' });
    await expect(a.tasks.claim(id, { mode: 'strict' })).rejects.toMatchObject({
      code: 'relay_unavailable',
    });
    expect((await a.tasks.get(id))?.claim).toMatchObject({ mode: 'advisory', epoch: 1 });
    a.setOffline(false);
    await world.inStep(a, b);
    const told: string[] = [];
    a.tasks.notices((notices) => told.push(...notices.map(({ type }) => type)));
    const { claim } = await world.complete(a.tasks.claim(id, { mode: 'strict' }));
    expect(claim).toMatchObject({ mode: 'strict', epoch: 2, token: { number: 1 } });
    await world.inStep(a, b);
    expect((await b.tasks.get(id))?.claim).toEqual(claim);
    expect(told).toEqual([]);
  });

  test('that the link took the answer of is granted when it is asked for again', async () => {
    const { world, a, b, id } = await pair();
    const asked = a.tasks.claim(id).saved;
    const lost = expect(asked).rejects.toMatchObject({
      code: 'relay_unavailable',
      retryable: true,
    });
    const granted = () => readUpdateLog(world.machine('relay').disk.image(), TEAM).claims > 0;
    while (!granted()) await world.time.advance(0.25);
    for (const link of world.network.links) link.break();
    await world.complete(lost);
    await world.inStep(a, b);
    await expect(world.complete(b.tasks.claim(id))).rejects.toMatchObject({
      code: 'already_claimed',
      message: expect.stringContaining('was granted this task by the relay'),
    });
    const { claim } = await world.complete(a.tasks.claim(id));
    expect(claim).toMatchObject({ token: { number: 1 } });
  });

  test('whose session died before it could write it is passed over when its lease is over', async () => {
    const { world, a, b, id } = await pair();
    const { agent } = a;
    const session = 'ee'.repeat(8) as never;
    const asked = { namespace: 'shared/tasks' as never, record: id, agent: agent.id, session };
    const answer = await world.complete(
      a.inner.claimAtRelay({ ...asked, expected: undefined, ttlMs: MINUTE }),
    );
    expect(answer).toMatchObject({ outcome: 'granted', token: { number: 1 } });
    const claim = () => world.complete(b.tasks.claim(id));
    await expect(claim()).rejects.toMatchObject({ code: 'already_claimed' });
    await world.time.advance(MINUTE);
    expect((await claim()).claim).toMatchObject({ epoch: 1, token: { number: 2 } });
  });

  test('follows one that was given back, or lapsed, with the next token', async () => {
    const { world, a, b, id } = await pair();
    await world.complete(a.tasks.claim(id, { ttlMs: MINUTE }));
    await world.complete(a.tasks.claim(id));
    await a.tasks.release(id);
    await world.inStep(a, b);
    const second = await world.complete(b.tasks.claim(id, { ttlMs: MINUTE }));
    expect(second.claim).toMatchObject({ epoch: 2, token: { number: 2 } });
    await world.inStep(a, b);
    await world.time.advance(2 * MINUTE);
    const third = await world.complete(a.tasks.claim(id));
    expect(third.claim).toMatchObject({ epoch: 3, token: { number: 3 } });
  });

  test('outlives the relay, and after an end out of order is refused until the operator confirms', async () => {
    const { world, a, b, id } = await pair();
    const other = await a.tasks.create({ title: 'Roll back' });
    await world.complete(a.tasks.claim(id));
    await world.inStep(a, b);
    world.machine('relay').crash('power');
    const relay = await world.serveRelay();
    await world.inStep(a, b);
    const strict = { mode: 'strict' } as const;
    for (const task of [id, other.id]) {
      const claim = world.complete(b.tasks.claim(task, strict));
      await expect(claim).rejects.toMatchObject({ retryable: true });
    }
    await expect(world.complete(b.tasks.claim(other.id, strict))).rejects.toMatchObject({
      code: 'claims_in_doubt',
      message: expect.stringContaining('--confirm-claims'),
    });
    expect(relay.status().meshes[0]?.claimsInDoubt).toBe(true);
    await b.tasks.claim(other.id);
    await b.tasks.release(other.id);

    world.machine('relay').crash('power');
    await world.serveRelay({}, { confirmClaims: true });
    await world.inStep(a, b);
    await world.complete(b.tasks.claim(other.id, strict));
    await a.tasks.release(id);
    await world.inStep(a, b);
    expect((await world.complete(b.tasks.claim(id))).claim?.token?.number).toBe(2);
  });

  test('goes on from what a claimant knows when the log was put back to an older one', async () => {
    const { world, a, b, id } = await pair();
    await world.complete(a.tasks.claim(id));
    await a.tasks.release(id);
    await world.inStep(a, b);
    world.machine('relay').crash('power');
    world.machine('relay').disk.restore(new Map());
    await world.serveRelay();
    await world.inStep(a, b);
    expect((await world.complete(b.tasks.claim(id))).claim?.token?.number).toBe(2);
    await world.inStep(a, b);
  });
});
