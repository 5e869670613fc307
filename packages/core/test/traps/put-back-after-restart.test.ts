import { expect, test } from 'vitest';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');

test('what a stranger deleted is put back by a replica that crashed before it could [DL] [ND]', async () => {
  const world = new World();
  await world.serveRelay();
  const alice = await world.open('alice', { relay: true });
  const items = [];
  for (const content of ['One.', 'Two.']) items.push(await alice.memory.create({ content }));
  await world.inStep(alice);
  const vandal = await ScriptedPeer.dial(world, 'relay', 'relay');
  vandal.ask(NOTES);
  await world.eventually('the vandal holds all', () => vandal.elements(NOTES).length === 2);
  const before = vandal.elements(NOTES);

  const cursor = world.savedCursor('alice');
  vandal.deleteAll(NOTES);
  await world.eventually('the deletion, and that it was acked, is saved', async () => {
    // What comes from a relay is flushed with the next write of one's own.
    await world.complete(alice.memory.in('elsewhere').create({ content: 'Her own.' }));
    return world.savedLacking('alice', NOTES) && world.savedCursor('alice') > cursor;
  });
  world.machine('alice').crash('power');
  await world.time.advance(10_000);
  expect(vandal.elements(NOTES)).toEqual([]);

  // Its cursor covers the deletion, so nothing of the document comes or goes by itself.
  const again = await world.open('alice', { relay: true });
  await world.eventually('they are put back', () => vandal.elements(NOTES).length === 2);
  expect(vandal.elements(NOTES)).toEqual(before);
  const bob = await world.open('bob', { relay: true });
  await world.inStep(again, bob);
  for (const replica of [again, bob])
    expect([...(await replica.memory.list())].reverse()).toEqual(items);
});
