import { emptyState } from '@mnemesh/segment';
import { readReplicaStore } from '@mnemesh/testing';
import { expect, test } from 'vitest';
import { placeOf, ScriptedPeer } from './scripted-peer.js';
import { TEAM, World } from './world.js';

test('a push of what the relay had brought before is acked when it is flushed, not sooner [ND]', async () => {
  const world = new World();
  await world.serveRelay();
  const author = await world.open('author', { relay: true });
  const a = await world.open('a', { relay: true, answers: true });
  await world.eventually('linked', () => author.status.synced && a.status.synced);
  const peer = await ScriptedPeer.dial(world, 'a');
  const acksBefore = peer.of('durable').length;

  const { id } = await author.memory.create({ content: 'Said once, brought twice.' });
  await world.eventually(
    'the relay brought it',
    async () => (await a.memory.get(id)) !== undefined,
  );
  const place = placeOf('shared/memory');
  const { update } = await a.inner.segments.missing(place, emptyState);
  peer.push(place, update as Uint8Array);
  await world.eventually('the push is acked', () => peer.of('durable').length > acksBefore);

  const flushed = readReplicaStore(world.machine('a').disk.flushedImage(), TEAM);
  expect(flushed.heads().map(({ guid }) => guid)).toContain(place.guid);
});
