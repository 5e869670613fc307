import { join } from 'node:path';
import { openDatabase } from '@mnemesh/sqlite';
import { expect, test } from 'vitest';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from './place.js';

/** Changes rows of a closed replica's store behind its back, as a failing disk would. */
function damage(directory: string, sql: string): void {
  const database = openDatabase(join(directory, 'team', 'replica.db'));
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
}

const spaces = ['team/x', 'team/y', 'team/z'] as const;

/** A relay, and the closed store of a replica that has written four items into each of three namespaces. */
async function closedStore() {
  const relay = await startRelay(await temporaryDirectory());
  const directory = await temporaryDirectory();
  const mesh = await startReplica(directory, 'a', relay.url);
  for (const space of spaces) {
    for (let n = 0; n < 4; n++) await mesh.memory.in(space).create({ content: `${space} ${n}` });
  }
  await mesh.acked();
  await mesh.close();
  return { relay, directory };
}

const wholeSpace = (space: string): string[] => [0, 1, 2, 3].map((n) => `${space} ${n}`);

test.each([
  [
    'a logged update',
    'UPDATE updates SET bytes = zeroblob(9) WHERE number = (SELECT max(number) - 5 FROM updates)',
  ],
  ['every logged update', 'UPDATE updates SET bytes = zeroblob(9)'],
  [
    'an envelope',
    'UPDATE envelopes SET bytes = zeroblob(9) WHERE number = (SELECT max(number) FROM envelopes)',
  ],
  ['a record', "UPDATE records SET view = '{}' WHERE number = (SELECT max(number) FROM records)"],
])(
  'when %s is damaged the rest loads, the relay fills the gap, and status says so [CP] [ND]',
  async (_, sql) => {
    const { relay, directory } = await closedStore();
    damage(directory, sql);
    const mesh = await startReplica(directory, 'a', relay.url);
    expect(mesh.status.damaged).toBeGreaterThan(0);
    for (const space of spaces) {
      await expect
        .poll(() => contentsOf(mesh, space), { timeout: 10_000 })
        .toEqual(wholeSpace(space));
    }
    await expect.poll(() => mesh.status.synced, { timeout: 10_000 }).toBe(true);
    await expect.poll(() => mesh.status.damaged, { timeout: 10_000 }).toBe(0);

    const item = await mesh.memory.in('team/z').create({ content: 'Goes on.' });
    await mesh.acked();
    const other = await startReplica(await temporaryDirectory(), 'b', relay.url);
    await expect
      .poll(() => contentsOf(other, 'team/z'))
      .toEqual(['Goes on.', ...wholeSpace('team/z')]);
    await mesh.close();

    const alone = await startReplica(directory, 'a');
    expect(alone.status.damaged).toBe(0);
    expect(await alone.memory.in('team/z').get(item.id)).toEqual(item);
    for (const space of ['team/x', 'team/y'])
      expect(await contentsOf(alone, space)).toEqual(wholeSpace(space));
  },
);
