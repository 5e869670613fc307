import { expect, test } from 'vitest';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');
const TASKS = placeOf('shared/tasks');

test('a copy of a forgotten record that comes late is deleted again [DL]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const item = await alice.memory.create({ content: 'A secret.' });
  const late = await ScriptedPeer.dial(world, 'alice');
  late.ask(NOTES);
  await world.eventually('it has a copy', () => late.elements(NOTES).length === 1);
  const copies = late.elements(NOTES);
  await alice.memory.forget(item.id);
  await world.eventually('the tombstone arrived', () => late.elements(NOTES)[0] !== copies[0]);
  const tombstone = late.elements(NOTES);

  late.append(NOTES, copies);
  expect(late.elements(NOTES)).toHaveLength(2);
  await world.time.advance(500);
  expect(await alice.memory.get(item.id)).toBeUndefined();
  await world.eventually('it is swept', () => late.elements(NOTES).length === 1);
  expect(late.elements(NOTES)).toEqual(tombstone);
  expect(await alice.memory.list({ archived: 'any' })).toEqual([]);
});

test('a copy of a replaced value that comes late changes nothing, and is deleted again [CV] [DL]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const { id } = await alice.tasks.create({ title: 'Write it down' });
  await alice.tasks.update(id, { priority: 5 });
  const late = await ScriptedPeer.dial(world, 'alice');
  late.ask(TASKS);
  await world.eventually('it has a copy', () => late.elements(TASKS).length === 2);
  const old = late.elements(TASKS)[1] as Uint8Array;
  const task = await alice.tasks.update(id, { priority: 1 });
  await world.eventually('the new value arrived', () => !late.elements(TASKS).includes(old));

  late.append(TASKS, [old]);
  await world.time.advance(500);
  expect(await alice.tasks.get(id)).toEqual(task);
  await world.eventually('it is swept', () => late.elements(TASKS).length === 2);
  expect(await alice.tasks.get(id)).toEqual(task);
});

test('of two copies of a live value one stays, the same on both sides [ND] [CV]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const bob = await world.open('bob', { dials: ['alice'], answers: true });
  const item = await alice.memory.create({ content: 'Twice there.' });
  await world.inStep(alice, bob);
  const copier = await ScriptedPeer.dial(world, 'bob');
  copier.ask(NOTES);
  await world.eventually('it has a copy', () => copier.elements(NOTES).length === 1);

  copier.append(NOTES, copier.elements(NOTES));
  expect(copier.elements(NOTES)).toHaveLength(2);
  await world.eventually('one is swept', () => copier.elements(NOTES).length === 1);
  await world.inStep(alice);
  expect(await alice.memory.list()).toEqual([item]);
  expect(await bob.memory.list()).toEqual([item]);
});
