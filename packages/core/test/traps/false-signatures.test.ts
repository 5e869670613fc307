import { toHex } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { Author, memoryBase } from '../author.js';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');
/** A commit of one lies at: kind 1, agent 32, writer 8, session 8, clock 8, count 1, then the signature. */
const AGENT_AT = 1;
const CLOCK_AT = 1 + 32 + 8 + 8;
const SIGNATURE_AT = CLOCK_AT + 8 + 1;
const ENVELOPE_AT = SIGNATURE_AT + 64;

test.each([
  ['its signature', SIGNATURE_AT],
  ['its author', AGENT_AT],
  ['its clock', CLOCK_AT + 7],
  ['what it says', ENVELOPE_AT],
  ['the last letter of what it says', -3],
])(
  'an element of which somebody changed %s is counted, kept and never shown [AU]',
  async (_, at) => {
    const world = new World();
    const alice = await world.open('alice', { answers: true });
    const bob = new Author(await world.agent('bob'), NOTES);
    const stranger = await ScriptedPeer.dial(world, 'alice');
    const [honest] = await bob.write(1_000, memoryBase('a', 'Said by Bob'));
    const tampered = (honest as Uint8Array).slice();
    const index = at < 0 ? tampered.length + at : at;
    tampered[index] = (tampered[index] as number) ^ 1;
    expect(toHex(tampered)).not.toBe(toHex(honest as Uint8Array));

    stranger.append(NOTES, [tampered]);
    await world.eventually('it arrived', () => stranger.of('durable').length > 0);
    expect(alice.status.unverified).toBe(1);
    expect(await alice.memory.list({ archived: 'any' })).toEqual([]);
    expect((await alice.recall('Said by Bob')).hits).toEqual([]);

    stranger.append(NOTES, [honest as Uint8Array]);
    await world.eventually(
      'the honest one is read',
      async () => (await alice.memory.count()) === 1,
    );
    expect((await alice.memory.list())[0]?.createdBy).toBe(bob.agent.id);
  },
);

test('an element signed for another namespace proves nothing in this one [AU]', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const elsewhere = new Author(await world.agent('bob'), placeOf('agents/bob/memory'));
  const stranger = await ScriptedPeer.dial(world, 'alice');
  stranger.append(NOTES, await elsewhere.write(1_000, memoryBase('a', 'Meant for Bob alone.')));
  await world.eventually('it arrived', () => stranger.of('durable').length > 0);
  expect(alice.status.unverified).toBe(1);
  expect(await alice.memory.count()).toBe(0);
});

test('elements that are no elements are counted, and the others beside them are read', async () => {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const bob = new Author(await world.agent('bob'), NOTES);
  const stranger = await ScriptedPeer.dial(world, 'alice');
  const honest = await bob.write(1_000, memoryBase('a', 'Said by Bob'));
  const garbage = [new Uint8Array(0), Uint8Array.of(9, 9, 9), Uint8Array.of(2, 1)];
  stranger.append(NOTES, [...garbage, ...honest]);
  await world.eventually('the honest one is read', async () => (await alice.memory.count()) === 1);
  expect(alice.status.unverified).toBe(3);
});
