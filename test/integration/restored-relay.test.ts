import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from './place.js';

const FILE = 'relay.db';

/** A relay that was closed after its file was kept aside, with one acked item before and one after. */
async function relayWithBackup() {
  const directory = await temporaryDirectory();
  const backup = await temporaryDirectory();
  const first = await startRelay(directory);
  const writer = await startReplica(await temporaryDirectory(), 'writer', first.url);
  await writer.memory.create({ content: 'Before the backup.' }).acked;
  await writer.acked();
  await first.close();
  await cp(join(directory, FILE), join(backup, FILE));
  const second = await startRelay(directory, first.port);
  for (const n of [1, 2, 3])
    await writer.memory.create({ content: `After the backup ${n}.` }).acked;
  /** @param from where the file comes from that takes the relay's place; undefined for none */
  const replaceBy = async (from: string | undefined) => {
    await second.close();
    await rm(join(directory, FILE));
    if (from !== undefined) await cp(join(from, FILE), join(directory, FILE));
    return startRelay(directory, first.port);
  };
  return { writer, backup, replaceBy };
}

const all = [
  'After the backup 1.',
  'After the backup 2.',
  'After the backup 3.',
  'Before the backup.',
];

test('a relay’s file replaced by an older copy gets back what its sole writer had acked [ND]', async () => {
  const { writer, backup, replaceBy } = await relayWithBackup();
  const relay = await replaceBy(backup);
  await expect.poll(() => writer.status.synced && writer.status.unacked === 0).toBe(true);
  await writer.close();
  const reader = await startReplica(await temporaryDirectory(), 'reader', relay.url);
  await expect.poll(() => contentsOf(reader)).toEqual(all);
});

test('also when others have written to it past the writer’s cursor meanwhile [ND]', async () => {
  const { writer, backup, replaceBy } = await relayWithBackup();
  writer.setOffline(true);
  const relay = await replaceBy(backup);
  const other = await startReplica(await temporaryDirectory(), 'other', relay.url);
  const others: string[] = [];
  for (let n = 0; n < 20; n++) {
    others.push(`Of the other ${n}.`);
    await other.memory.create({ content: `Of the other ${n}.` }).acked;
  }
  writer.setOffline(false);
  const whole = [...all, ...others].sort();
  for (const mesh of [writer, other]) await expect.poll(() => contentsOf(mesh)).toEqual(whole);
  await Promise.all([writer.acked(), other.acked()]);
  await writer.close();
  await other.close();
  const reader = await startReplica(await temporaryDirectory(), 'reader', relay.url);
  await expect.poll(() => contentsOf(reader)).toEqual(whole);
});

test('a relay that lost its file gets everything back from whoever has it [ND]', async () => {
  const { writer, replaceBy } = await relayWithBackup();
  const relay = await replaceBy(undefined);
  await expect.poll(() => writer.status.synced && writer.status.unacked === 0).toBe(true);
  await writer.close();
  const reader = await startReplica(await temporaryDirectory(), 'reader', relay.url);
  await expect.poll(() => contentsOf(reader)).toEqual(all);
});
