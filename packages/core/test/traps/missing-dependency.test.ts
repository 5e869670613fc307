import { PROTOCOL_VERSION } from '@mnemesh/protocol';
import { decodeState, emptyState, isEmptyState, SegmentDocument } from '@mnemesh/segment';
import { expect, test } from 'vitest';
import { Author, memoryBase } from '../author.js';
import { stateAt } from '../document-view.js';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');
const INCARNATION = 'ab'.repeat(16);

/** Two updates that bring a memory item each; the second follows on the first. */
async function chainedUpdates(world: World, clients: readonly [number, number]) {
  const bob = new Author(await world.agent('bob'), NOTES);
  const near = new SegmentDocument(NOTES.guid, clients[0]);
  const first = near.edit(await bob.write(1_000, memoryBase('a', 'First.')), [])?.update;
  const far = clients[0] === clients[1] ? near : new SegmentDocument(NOTES.guid, clients[1]);
  if (far !== near) far.apply(first as Uint8Array);
  const second = far.edit(await bob.write(2_000, memoryBase('b', 'Second.')), [])?.update;
  return { first: first as Uint8Array, second: second as Uint8Array, whole: far };
}

test.each([
  ['of the same client', [7, 7]],
  ['of another client', [7, 9]],
] as const)(
  'an update without one %s before it is not applied, and is asked for again [CV] [BD]',
  async (_, clients) => {
    const world = new World();
    const alice = await world.open('alice', { answers: true });
    const stranger = await ScriptedPeer.dial(world, 'alice');
    const { second, whole } = await chainedUpdates(world, clients);

    const number = stranger.push(NOTES, second);
    await world.eventually('the gap is told', () => stranger.of('gap').length > 0);
    const [gap] = stranger.of('gap');
    expect(gap?.push).toBe(number);
    const held = decodeState(gap?.state as Uint8Array);
    expect(isEmptyState(held)).toBe(true);
    expect(await alice.memory.count()).toBe(0);
    expect(await stateAt(alice, NOTES)).toEqual(emptyState);

    stranger.push(NOTES, whole.missing(held) as Uint8Array);
    await world.eventually('both are read', async () => (await alice.memory.count()) === 2);
    expect(stranger.of('gap')).toHaveLength(1);
  },
);

test('a forward with a hole before it is not applied: the document counts as awaited until the relay has sent its state [CV]', async () => {
  const world = new World();
  const relay = ScriptedPeer.relay(world);
  const alice = await world.open('alice', { relay: true });
  await world.eventually('hello', () => relay.of('subscribe').length > 0);
  relay.send({
    type: 'welcome',
    protocol: PROTOCOL_VERSION,
    incarnation: INCARNATION as never,
    head: 0,
    challenge: new Uint8Array(0),
  });
  relay.send({ type: 'resumed', incarnation: INCARNATION as never, number: 0, whole: false });
  const { first, second, whole } = await chainedUpdates(world, [7, 7]);

  relay.push(NOTES, second);
  await world.eventually('its state is asked for', () => relay.of('state').length > 0);
  expect(alice.status).toMatchObject({ awaited: 1, synced: false });
  expect(await alice.memory.count()).toBe(0);

  const document = relay.number(NOTES);
  for (const update of [first, second]) relay.send({ type: 'update', document, update });
  relay.sendHeld(NOTES, whole.state);
  await world.eventually('both are read', async () => (await alice.memory.count()) === 2);
  await world.eventually('nothing is awaited', () => alice.status.awaited === 0);
});
