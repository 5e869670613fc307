import { expect, test } from 'vitest';
import { Author, memoryBase } from '../author.js';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');

test('a peer that deletes elements deletes no record, and gets them back [DL] [ND]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const items = [];
  for (const content of ['One.', 'Two.', 'Three.'])
    items.push(await alice.memory.create({ content }));
  const vandal = await ScriptedPeer.dial(world, 'alice');
  vandal.ask(NOTES);
  await world.eventually('the vandal holds all', () => vandal.elements(NOTES).length === 3);
  const before = vandal.elements(NOTES);

  vandal.deleteAll(NOTES);
  await world.eventually('the deletion arrived', () => vandal.of('durable').length > 0);
  expect([...(await alice.memory.list())].reverse()).toEqual(items);
  await world.eventually('they are put back', () => vandal.elements(NOTES).length === 3);
  expect(vandal.elements(NOTES)).toEqual(before);

  const bob = await world.open('bob', { dials: ['alice'] });
  await world.inStep(bob);
  expect([...(await bob.memory.list())].reverse()).toEqual(items);
});

test('a deletion that comes through the relay deletes no record: one of those that have it puts it back [DL] [CV]', async () => {
  const world = new World();
  await world.serveRelay();
  const alice = await world.open('alice', { relay: true });
  const bob = await world.open('bob', { relay: true });
  // Written together, so that they share one commit.
  const items = await world.complete(
    Promise.all(['One.', 'Two.', 'Three.'].map((content) => alice.memory.create({ content }))),
  );
  await world.inStep(alice, bob);
  const vandal = await ScriptedPeer.dial(world, 'relay', 'relay');
  vandal.ask(NOTES);
  await world.eventually('the vandal holds all', () => vandal.elements(NOTES).length === 4);

  vandal.deleteAll(NOTES);
  await world.time.advance(100);
  await world.inStep(alice, bob);
  expect(vandal.elements(NOTES)).toHaveLength(4);
  const carol = await world.open('carol', { relay: true });
  await world.inStep(alice, bob, carol);
  for (const replica of [alice, bob, carol]) {
    const ids = (await replica.memory.list()).map(({ id }) => id);
    expect(ids.sort()).toEqual(items.map(({ id }) => id).sort());
  }
});

test('what was forgotten is not put back [DL]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const [kept, gone] = [
    await alice.memory.create({ content: 'Kept.' }),
    await alice.memory.create({ content: 'Forgotten.' }),
  ];
  await alice.memory.forget(gone.id);
  const vandal = await ScriptedPeer.dial(world, 'alice');
  vandal.ask(NOTES);
  await world.eventually('the vandal holds all', () => vandal.elements(NOTES).length === 2);

  vandal.deleteAll(NOTES);
  await world.eventually('they are put back', () => vandal.elements(NOTES).length === 2);
  expect(await alice.memory.list()).toEqual([kept]);
  const bob = await world.open('bob', { dials: ['alice'] });
  await world.inStep(bob);
  expect(await bob.memory.list()).toEqual([kept]);
});

test('the earlier of two commits of one value is put back, though the value is there by the later one [CV] [DL]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const bob = new Author(await world.agent('bob'), NOTES);
  const { bytes, version } = bob.envelope(memoryBase('a', 'Signed twice.'));
  const vandal = await ScriptedPeer.dial(world, 'alice');
  vandal.append(NOTES, await bob.commit(1_000, [version], [bytes]));
  await world.eventually('it is read', async () => (await alice.memory.count()) === 1);
  const [item] = await alice.memory.list();
  vandal.ask(NOTES);
  await world.eventually('alice answered', () => vandal.of('held').length === 1);

  vandal.deleteAll(NOTES);
  vandal.append(NOTES, await bob.commit(2_000, [version], [bytes]));
  await world.eventually('the earlier one is put back', () => vandal.elements(NOTES).length === 2);
  const carol = await world.open('carol', { dials: ['alice'] });
  await world.inStep(carol);
  expect(await carol.memory.list()).toEqual([item]);
});
