import type { Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { inSync, startRelay, startReplica, temporaryDirectory } from './place.js';

/** More than a block of the index, so that each replica has records in it and records beside it. */
const WRITTEN_APART = 700;
const NOW = Date.parse('2030-01-01T00:00:00Z');

const words = [
  'relay',
  'parrot',
  'ledger',
  'harbour',
  'lantern',
  'meadow',
  'signal',
  'copper',
  'otter',
  'ferry',
];
const word = (n: number): string => words[n % words.length] as string;

const questions = [
  'which parrot sat on the ledger?',
  'relay harbour lantern',
  'When did ana see the otter?',
  'who took the ferry to the meadow with the copper signal?',
  'ferry',
];

/** Items, and turns at the end of a conversation that the other replica goes on with, too. */
async function writeApart(mesh: Mesh, name: string, talk: RecordId): Promise<void> {
  const items = Array.from({ length: WRITTEN_APART }, (_, n) =>
    mesh.memory.create({
      content: `${word(n)} ${word(n * 3 + 1)} ${word(n * 7 + 2)}, says ${name} ${n % 9}.`,
    }),
  );
  const turns = Array.from({ length: 60 }, (_, n) => ({
    speaker: name,
    text:
      n % 3 === 0
        ? `Did the ${word(n)} reach the ${word(n + 4)}?`
        : `The ${word(n * 2)}, and the ${word(n + 1)}.`,
    at: `2025-0${1 + (n % 8)}-11T10:00`,
  }));
  await Promise.all([...items, mesh.conversations.append(talk, turns)]);
}

async function ranks(mesh: Mesh): Promise<readonly string[]> {
  const answers = await Promise.all(
    questions.map((question) => mesh.recall(question, { limit: 50, now: NOW })),
  );
  return answers.flatMap(({ hits }) => hits.map(({ id, score, why }) => `${id} ${score} ${why}`));
}

test('[CV] two replicas that wrote apart give equal ranks once they have merged', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const a = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const b = await startReplica(await temporaryDirectory(), 'bo', relay.url);
  const { id: talk } = await a.conversations.create({
    title: 'The harbour',
    participants: ['ana', 'bo'],
  });
  await a.acked();
  await expect.poll(() => b.conversations.get(talk), { timeout: 20_000 }).toBeDefined();
  a.setOffline(true);
  b.setOffline(true);
  await Promise.all([writeApart(a, 'ana', talk), writeApart(b, 'bo', talk)]);
  expect(await ranks(a)).not.toEqual(await ranks(b));
  a.setOffline(false);
  b.setOffline(false);
  await Promise.all([a.acked(), b.acked()]);
  await Promise.all([inSync(a), inSync(b)]);
  const count = (mesh: Mesh) => mesh.memory.count();
  await expect
    .poll(() => Promise.all([count(a), count(b)]))
    .toEqual([2 * WRITTEN_APART, 2 * WRITTEN_APART]);
  const turns = (mesh: Mesh) => mesh.conversations.events(talk, { limit: 200 });
  await expect.poll(async () => (await turns(b)).length).toBe(120);
  expect((await turns(b)).map(({ id }) => id)).toEqual((await turns(a)).map(({ id }) => id));
  const expected = await ranks(a);
  expect(expected.length).toBeGreaterThan(100);
  expect(await ranks(b)).toEqual(expected);
}, 60_000);
