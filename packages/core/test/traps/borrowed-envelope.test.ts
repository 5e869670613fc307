import { expect, test } from 'vitest';
import { Author, memoryBase } from '../author.js';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');

async function bobAndMallory() {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const bob = new Author(await world.agent('bob'), NOTES);
  const mallory = new Author(await world.agent('mallory'), NOTES);
  const stranger = await ScriptedPeer.dial(world, 'alice');
  const written = [
    bob.envelope(memoryBase('a', 'Bob found it.')),
    bob.envelope(memoryBase('b', 'Bob found more.')),
  ];
  const versions = written.map(({ version }) => version);
  const bytes = written.map((envelope) => envelope.bytes);
  return { world, alice, bob, mallory, stranger, versions, bytes };
}

test('a commit that lists what another agent wrote makes nobody its author, however early it is [AU]', async () => {
  const { world, alice, bob, mallory, stranger, versions, bytes } = await bobAndMallory();
  stranger.append(NOTES, await mallory.commit(1_000, versions, bytes));
  await world.time.advance(1_000);
  expect(await alice.memory.count()).toBe(0);

  stranger.append(NOTES, await bob.commit(2_000, versions, []));
  await world.eventually('Bob is read', async () => (await alice.memory.count()) === 2);
  const authors = (await alice.memory.list()).map(({ createdBy }) => createdBy);
  expect(authors).toEqual([bob.agent.id, bob.agent.id]);
});

test('a commit that lists what another agent wrote does not stand in for the author’s own [ND] [DL]', async () => {
  const { world, alice, bob, mallory, stranger, versions, bytes } = await bobAndMallory();
  stranger.append(NOTES, await bob.commit(2_000, versions, bytes));
  await world.eventually('Bob is read', async () => (await alice.memory.count()) === 2);
  stranger.ask(NOTES);
  await world.eventually('both hold the same', () => stranger.of('held').length === 1);

  stranger.deleteAll(NOTES);
  stranger.append(NOTES, await mallory.commit(3_000, versions, bytes));
  await world.time.advance(10_000);
  const carol = await world.open('carol', { dials: ['alice'] });
  await world.inStep(carol);
  const authors = (await carol.memory.list()).map(({ createdBy }) => createdBy);
  expect(authors).toEqual([bob.agent.id, bob.agent.id]);
});

test('an envelope copied into a commit of one’s own is another record’s value, beside the first [AU] [CF]', async () => {
  const { world, alice, bob, mallory, stranger, versions, bytes } = await bobAndMallory();
  stranger.append(NOTES, await bob.commit(2_000, versions, bytes));
  await world.eventually('Bob is read', async () => (await alice.memory.count()) === 2);
  stranger.append(NOTES, await mallory.write(1_000, memoryBase('a', 'Mallory found it.')));
  await world.time.advance(1_000);
  const item = await alice.memory.get('1.a' as never);
  expect(item?.conflicts[0]?.others.length).toBe(1);
  const { chosen, others } = item?.conflicts[0] ?? {};
  expect([chosen?.agent, others?.[0]?.agent].sort()).toEqual(
    [bob.agent.id, mallory.agent.id].sort(),
  );
});
