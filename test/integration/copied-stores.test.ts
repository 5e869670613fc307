import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mesh } from '@mnemesh/core';
import { parseMeshId, parseNamespace, parseSegmentName, segmentGuid } from '@mnemesh/protocol';
import { openSqliteUpdateLog } from '@mnemesh/relay';
import { decodeState } from '@mnemesh/segment';
import { expect, test } from 'vitest';
import { contentsOf, runtime, startRelay, startReplica, temporaryDirectory } from './place.js';

const TEAM = parseMeshId('team');
const NOTES = segmentGuid(TEAM, parseNamespace('shared/memory'), parseSegmentName('1'));

/** Puts a copy of a closed store where another one was. */
async function putCopy(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}

/** Yjs client ids that wrote memory items, by what the closed relay in `directory` holds. */
async function clientsAtRelay(directory: string): Promise<readonly number[]> {
  const log = await openSqliteUpdateLog({ directory, runtime });
  try {
    const state = await (await log.mesh(TEAM)).state(NOTES);
    return [...decodeState(state ?? Uint8Array.of(0, 0)).clocks.keys()];
  } finally {
    await log.close();
  }
}

async function remember(mesh: Mesh, content: string): Promise<void> {
  await mesh.memory.create({ content }).acked;
}

test('a store restored from an older copy, and written before its first link, is noticed and healed [ND]', async () => {
  const relayDirectory = await temporaryDirectory();
  const relay = await startRelay(relayDirectory);
  const place = join(await temporaryDirectory(), 'device');
  const backup = join(await temporaryDirectory(), 'backup');
  const first = await startReplica(place, 'a', relay.url);
  const replica = first.replica;
  await remember(first, 'Before the backup.');
  await first.close();
  await putCopy(place, backup);
  const second = await startReplica(place, 'a', relay.url);
  expect(second.replica).toBe(replica);
  await remember(second, 'After the backup.');
  await second.close();

  await putCopy(backup, place);
  const restored = await startReplica(place, 'a', relay.url);
  restored.setOffline(true);
  const early = restored.memory.create({ content: 'After the restore, before the first link.' });
  await early;
  expect(relay.relay.status().counters.forkedStores).toBe(0);
  restored.setOffline(false);
  await early.acked;
  await expect.poll(() => restored.status.synced).toBe(true);
  expect(relay.relay.status().counters.forkedStores).toBe(1);
  expect(restored.replica).not.toBe(replica);

  const all = [
    'After the backup.',
    'After the restore, before the first link.',
    'Before the backup.',
  ];
  expect(await contentsOf(restored)).toEqual(all);
  const other = await startReplica(await temporaryDirectory(), 'b', relay.url);
  await expect.poll(() => contentsOf(other)).toEqual(all);
  await restored.close();
  await other.close();
  await relay.close();
  expect(await clientsAtRelay(relayDirectory)).toHaveLength(3);
});

test('of a store copied to a second device one copy is noticed, and both go on with nothing lost [ND]', async () => {
  const relayDirectory = await temporaryDirectory();
  const relay = await startRelay(relayDirectory);
  const place = join(await temporaryDirectory(), 'device');
  const secondPlace = join(await temporaryDirectory(), 'second-device');
  const original = await startReplica(place, 'a', relay.url);
  await remember(original, 'Before the copy.');
  await original.close();
  await putCopy(place, secondPlace);

  const a = await startReplica(place, 'a', relay.url);
  const b = await startReplica(secondPlace, 'a', relay.url);
  const written = [a, b].flatMap((mesh, n) =>
    Array.from({ length: 10 }, (_, k) => ({ mesh, content: `Device ${n}, item ${k}.` })),
  );
  await Promise.all(written.map(({ mesh, content }) => remember(mesh, content)));
  const all = ['Before the copy.', ...written.map(({ content }) => content)].sort();
  for (const mesh of [a, b]) await expect.poll(() => contentsOf(mesh)).toEqual(all);
  await expect.poll(() => a.status.synced && b.status.synced).toBe(true);
  expect(relay.relay.status().counters.forkedStores).toBe(1);
  expect(a.replica).not.toBe(b.replica);

  await a.close();
  await b.close();
  const again = await startReplica(secondPlace, 'a', relay.url);
  expect(again.replica).toBe(b.replica);
  await remember(again, 'After all that.');
  expect(relay.relay.status().counters.forkedStores).toBe(1);
  await again.close();
  await relay.close();
  expect(await clientsAtRelay(relayDirectory)).toHaveLength(4);
});
