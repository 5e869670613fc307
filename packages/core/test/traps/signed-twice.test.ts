import { expect, test } from 'vitest';
import type { RecordView } from '../../src/index.js';
import { Author, memoryBase } from '../author.js';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { type OpenReplica, World } from '../world.js';

const NOTES = placeOf('shared/memory');
const EARLIER = 1_000_000_000;
const LATER = 2_000_000_000;

async function onlyItem(replica: OpenReplica): Promise<RecordView | undefined> {
  const [item] = await replica.memory.list();
  return item;
}

/** An agent's one envelope in commits of these clocks, as a fresh replica shows it after each came. */
async function shownAfterEach(clocks: readonly number[]): Promise<readonly unknown[]> {
  const world = new World();
  const alice = await world.open('alice', { answers: true });
  const bob = new Author(await world.agent('bob'), NOTES);
  const { bytes, version } = bob.envelope(memoryBase('a', 'Signed twice.'));
  const stranger = await ScriptedPeer.dial(world, 'alice');
  const shown = [];
  for (const clock of clocks) {
    const number = stranger.append(NOTES, await bob.commit(clock, [version], [bytes]));
    await world.eventually('it is saved', () =>
      stranger.of('durable').some(({ received }) => received >= number),
    );
    shown.push(await onlyItem(alice));
  }
  await world.time.advance(10_000);
  shown.push(await onlyItem(alice));
  await alice.close();
  shown.push(await onlyItem(await world.open('alice')));
  return shown;
}

test('an envelope that its author signed twice counts by the earlier signature, in whatever order they come [CV]', async () => {
  const [late, ...settled] = await shownAfterEach([LATER, EARLIER]);
  const early = await shownAfterEach([EARLIER, LATER]);
  expect(early[0]).toMatchObject({ content: 'Signed twice.' });
  expect(late).not.toEqual(early[0]);
  expect([...settled, ...early]).toEqual(Array(7).fill(early[0]));
});
