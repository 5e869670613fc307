import type { AgentId, Namespace, RecordId, SessionId } from '@mnemesh/protocol';
import { closeCodes, type FrameOf } from '@mnemesh/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RelayBench } from './relay-bench.js';
import type { ScriptedReplica } from './scripted-replica.js';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start({ meshClaims: 3 });
});

afterEach(() => bench.close());

const session = (n: number): SessionId => n.toString(16).padStart(16, '0') as SessionId;
let requests = 0;

async function claim(
  replica: ScriptedReplica,
  over: Partial<FrameOf<'claim'>> = {},
): Promise<FrameOf<'claimed'>> {
  replica.send({
    type: 'claim',
    request: ++requests,
    namespace: 'shared/tasks' as Namespace,
    record: '1.A' as RecordId,
    agent: 'ab'.repeat(32) as AgentId,
    session: session(1),
    expected: undefined,
    ttlMs: 60_000,
    ...over,
  });
  await bench.settle();
  return replica.last('claimed');
}

test("the first claim of a task is granted, a second without the first one's token is not [TC]", async () => {
  const ann = await bench.join();
  const bob = await bench.join();
  const first = await claim(ann);
  const token = { incarnation: bench.log.incarnation, number: 1 };
  expect(first).toMatchObject({ outcome: 'granted', token, holder: { session: session(1) } });
  const second = await claim(bob, { session: session(2) });
  expect(second).toMatchObject({ request: requests, outcome: 'held', token });
  expect(second.holder?.session).toBe(session(1));
  expect(second.remainingMs).toBeGreaterThan(50_000);
  expect(await claim(bob, { session: session(2), expected: token })).toMatchObject({
    outcome: 'granted',
    token: { number: 2 },
  });
  expect(await claim(ann, { session: session(3), expected: token })).toMatchObject({
    outcome: 'held',
    token: { number: 2 },
  });
});

test('a claim asked for twice by one session is one grant', async () => {
  const ann = await bench.join();
  const first = await claim(ann);
  expect(await claim(ann)).toMatchObject({ outcome: 'granted', token: first.token });
});

test('a grant is told after the log has it, and one that the log refuses is not told', async () => {
  const ann = await bench.join();
  bench.faults.failNext = 'putClaim';
  ann.frames.length = 0;
  await expect(claim(ann)).rejects.toThrow('no claimed frame came');
  expect(ann.closed?.code).toBe(closeCodes.storeFailed);
  const again = await bench.join();
  expect(await claim(again)).toMatchObject({ outcome: 'granted', token: { number: 1 } });
});

test("grants outlive the relay, and another incarnation's token of the same number is not the same", async () => {
  const { token } = await claim(await bench.join());
  await bench.restart();
  const bob = await bench.join();
  expect(await claim(bob, { session: session(2) })).toMatchObject({ outcome: 'held', token });
  const other = { incarnation: bench.log.incarnation, number: 1 };
  expect(await claim(bob, { session: session(2), expected: other })).toMatchObject({
    outcome: 'held',
  });
  expect(await claim(bob, { session: session(2), expected: token })).toMatchObject({
    outcome: 'granted',
    token: { incarnation: bench.log.incarnation, number: 2 },
  });
});

test('no more tasks than the limit have a claim, and those that have one go on [BD]', async () => {
  const ann = await bench.join();
  for (const record of ['1.A', '1.B', '1.C']) await claim(ann, { record: record as RecordId });
  const { token } = await claim(ann, { record: '1.A' as RecordId });
  const next = { record: '1.A' as RecordId, expected: token, session: session(2) };
  expect(await claim(ann, next)).toMatchObject({ outcome: 'granted' });
  expect(await claim(ann, { record: '1.D' as RecordId })).toMatchObject({
    outcome: 'full',
    token: undefined,
  });
  expect(ann.closed).toBeUndefined();
});

test('a claim that names a grant beyond all numbers is refused, and harms no other', async () => {
  const ann = await bench.join();
  const expected = { incarnation: bench.log.incarnation, number: Number.MAX_SAFE_INTEGER };
  expect(await claim(ann, { expected })).toMatchObject({ outcome: 'full' });
  expect(await claim(ann)).toMatchObject({ outcome: 'granted', token: { number: 1 } });
  const near = { ...expected, number: Number.MAX_SAFE_INTEGER - 1 };
  const other = { record: '1.B' as RecordId, expected: near };
  expect(await claim(ann, other)).toMatchObject({ outcome: 'granted' });
  expect(await claim(ann, { record: '1.B' as RecordId })).toMatchObject({ outcome: 'held' });
});

test('a claim before the subscription is a bad frame', async () => {
  const ann = bench.connect().hello();
  await bench.settle();
  await expect(claim(ann)).rejects.toThrow('no claimed frame came');
  expect(ann.closed?.code).toBe(closeCodes.badFrame);
});
