import { type Frame, type Incarnation, PROTOCOL_VERSION } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { ScriptedPeer } from './scripted-peer.js';
import { World } from './world.js';

const incarnation = 'ab'.repeat(16) as Incarnation;
const welcome: Frame = {
  type: 'welcome',
  protocol: PROTOCOL_VERSION,
  incarnation,
  head: 0,
  challenge: new Uint8Array(0),
};
const resumed: Frame = { type: 'resumed', incarnation, number: 0, whole: false };

const lies: readonly (readonly [string, readonly Frame[]])[] = [
  ['acks before it said welcome', [{ type: 'durable', received: 0, sent: 0, number: 9 }]],
  ['acks before the resume ended', [welcome, { type: 'durable', received: 0, sent: 0, number: 9 }]],
  [
    'acks what was never pushed',
    [welcome, resumed, { type: 'durable', received: 99, sent: 0, number: 9 }],
  ],
  ['ends a resume before it said welcome', [resumed]],
  [
    'names a document it never introduced',
    [welcome, { type: 'held', document: 3, state: Uint8Array.of(0, 0) }],
  ],
];

test.each(lies)(
  'a relay that %s loses the link, and nothing of it is believed or stored [ND] [CP]',
  async (_, frames) => {
    const world = new World();
    const relay = ScriptedPeer.relay(world);
    const a = await world.open('a', { relay: true });
    await world.eventually('it subscribes', () => relay.of('subscribe').length > 0);
    for (const frame of frames) relay.send(frame);
    await world.eventually('the link is closed', () => relay.closeCode !== undefined);
    expect(relay.closeCode).toBe(4500);
    expect(a.status.storeError).toBeUndefined();

    const before = relay.of('subscribe').length;
    await a.memory.create({ content: 'Goes on.' });
    await world.eventually('it comes back', () => relay.of('subscribe').length > before);
    expect(relay.of('subscribe').at(-1)?.cursor?.number ?? 0).toBe(0);
  },
);

test('frames of a later version are counted and passed over', async () => {
  const world = new World();
  const relay = ScriptedPeer.relay(world);
  const a = await world.open('a', { relay: true });
  await world.eventually('it subscribes', () => relay.of('subscribe').length > 0);
  relay.send(welcome);
  relay.sendBytes(Uint8Array.of(99, 1, 2, 3));
  relay.sendBytes(Uint8Array.of(100));
  relay.send(resumed);
  await world.eventually('in step', () => a.status.synced);
  expect(a.status.unknownFrames).toBe(2);
  expect(relay.closeCode).toBeUndefined();
});

test('a document the relay refuses is named in status and to who waits, and its records stay here', async () => {
  const world = new World();
  const relay = ScriptedPeer.relay(world, false);
  const a = await world.open('a', { relay: true });
  await world.eventually('it subscribes', () => relay.of('subscribe').length > 0);
  relay.send(welcome);
  relay.send(resumed);
  const write = a.memory.create({ content: 'Too much for it.' });
  const item = await write;
  let isSynced = false;
  write.synced.then(
    () => {
      isSynced = true;
    },
    () => undefined,
  );
  const waiting = expect(write.acked).rejects.toMatchObject({ code: 'too_large' });
  await world.eventually('it is pushed', () => relay.of('push').length >= 2);
  const introduced = relay.of('introduce').find(({ namespace }) => namespace === 'shared/memory');
  const push = relay.of('push').find(({ document }) => document === introduced?.document);
  relay.send({ type: 'denied', push: push?.number ?? 0, document: 0, reason: 'too_large' });
  await world.eventually('it is rejected', () => a.status.rejected.length > 0);
  expect(a.status.rejected).toEqual([
    { namespace: 'shared/memory', segment: '1', reason: 'too_large' },
  ]);
  await waiting;
  await expect(write.acked).rejects.toThrow(/segment 1 of shared\/memory .*saved on this device/);
  expect(isSynced).toBe(false);
  expect(await a.memory.list()).toEqual([item]);
});
