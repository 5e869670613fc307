import {
  type Guid,
  type Incarnation,
  type MeshId,
  parseMeshId,
  parseNamespace,
  parseSegmentName,
  type ReplicaId,
  segmentGuid,
} from '@mnemesh/protocol';
import { type AppendGroup, isCursorValid, type MeshLog, type UpdateLog } from '@mnemesh/relay';
import { describe, expect, test } from 'vitest';
import {
  openSimulatedUpdateLog,
  readUpdateLog,
  SeededRandom,
  SimulatedDisk,
  SimulatedRuntimes,
  SimulatedTime,
} from '../src/index.js';

const mesh: MeshId = parseMeshId('team');
const namespace = parseNamespace('shared/tasks');
const segment = parseSegmentName('0');
const guid: Guid = segmentGuid(mesh, namespace, segment);
const replica = '0123456789abcdef0123456789abcdef' as ReplicaId;

function worldOf(seed: number) {
  const time = new SimulatedTime(0);
  const random = new SeededRandom(seed);
  const disk = new SimulatedDisk({ name: 'relay', time, random: random.fork('disk') });
  const runtimes = new SimulatedRuntimes(time, random);
  const open = (): Promise<UpdateLog> =>
    openSimulatedUpdateLog({ disk, runtime: runtimes.start('relay') });
  return { time, disk, open };
}

function groupOf(...values: number[]): AppendGroup {
  const state = Uint8Array.from(values);
  return {
    updates: values.map((value) => ({ guid, update: Uint8Array.of(value) })),
    documents: [{ guid, namespace, segment, state, hash: values.join() }],
  };
}

async function valuesOf(log: MeshLog): Promise<number[]> {
  const stored = await log.read(guid, 0);
  const rows = stored?.rows.map(({ update }) => update[0] as number) ?? [];
  return [...(stored?.base?.update ?? []), ...rows];
}

describe('a simulated update log', () => {
  test('what was acked survives any power loss, numbers have no holes [ND] [CP]', async () => {
    for (let seed = 0; seed < 120; seed++) {
      const { time, disk, open } = worldOf(seed);
      const log = await (await open()).mesh(mesh);
      disk.latency = { minMs: 1, maxMs: 9 };
      let acked = 0;
      for (let value = 1; value <= 10; value++) {
        void log.append(groupOf(value)).then(({ last }) => {
          acked = last;
        });
        await time.advance(seed % 9);
      }
      disk.crash('power');
      disk.latency = { minMs: 0, maxMs: 0 };
      const { head } = readUpdateLog(disk.image(), mesh);
      const reopened = await (await open()).mesh(mesh);
      expect(reopened.head).toBe(head);
      expect(head).toBeGreaterThanOrEqual(acked);
      expect(await valuesOf(reopened)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
      expect(reopened.incarnations.at(-1)?.first).toBe(head + 1);
    }
  });

  test('a crash at any call of appends and a compaction loses nothing that was acked [CP]', async () => {
    const run = async (crashAt: number | undefined): Promise<number> => {
      const { time, disk, open } = worldOf(21);
      if (crashAt !== undefined) disk.planFault(crashAt, 'power');
      let acked = 0;
      const work = async (): Promise<void> => {
        const log = await (await open()).mesh(mesh);
        acked = (await log.append(groupOf(1, 2))).last;
        acked = (await log.append(groupOf(3))).last;
        await log.putBase(guid, { update: Uint8Array.of(1, 2, 3), through: 3 });
        await log.dropRows(guid);
        acked = (await log.append(groupOf(4))).last;
      };
      void work();
      await time.advance(1);
      const calls = disk.calls;
      disk.clearFaults();
      disk.crash('power');
      const log = await (await open()).mesh(mesh);
      const values = await valuesOf(log);
      expect(values).toEqual([1, 2, 3, 4].slice(0, log.head));
      expect(log.head).toBeGreaterThanOrEqual(acked);
      return calls;
    };
    const calls = await run(undefined);
    expect(calls).toBeGreaterThan(10);
    for (let call = 1; call <= calls; call++) await run(call);
  });

  test('between the two steps of a compaction the covered rows lie there and are not read', async () => {
    const { disk, open } = worldOf(22);
    const log = await (await open()).mesh(mesh);
    await log.append(groupOf(1, 2, 3));
    await log.putBase(guid, { update: Uint8Array.of(1, 2), through: 2 });
    disk.crash('power');
    expect(readUpdateLog(disk.image(), mesh).storedRows(guid)).toEqual([1, 2, 3]);
    const reopened = await (await open()).mesh(mesh);
    expect(await valuesOf(reopened)).toEqual([1, 2, 3]);
    await reopened.dropRows(guid);
    expect(readUpdateLog(disk.image(), mesh).storedRows(guid)).toEqual([3]);
    expect(await valuesOf(reopened)).toEqual([1, 2, 3]);
  });

  test('a rejected append closes the mesh; opened again it is there wholly or not at all, and stays so', async () => {
    const outcomes = new Set<string>();
    for (const call of [1, 2]) {
      const { disk, open } = worldOf(23);
      const log = await open();
      const before = await log.mesh(mesh);
      await before.append(groupOf(1));
      disk.planFault(call, 'fail');
      await expect(before.append(groupOf(2, 3))).rejects.toMatchObject({ code: 'store_failed' });
      await expect(before.append(groupOf(4))).rejects.toMatchObject({ code: 'closed' });
      const after = await log.mesh(mesh);
      expect(after.incarnations).toHaveLength(1);
      const found = await valuesOf(after);
      await after.append(groupOf(9));
      disk.crash('power');
      const reopened = await (await open()).mesh(mesh);
      expect(await valuesOf(reopened)).toEqual([...found, 9]);
      outcomes.add(found.join());
    }
    expect([...outcomes].sort()).toEqual(['1', '1,2,3']);
  });

  test('a log restored from an older copy that grows past a cursor does not take that cursor', async () => {
    const { disk, open } = worldOf(24);
    const first = await open();
    const before = await first.mesh(mesh);
    await before.append(groupOf(1, 2));
    const backup = disk.image();
    await before.append(groupOf(3, 4));
    const cursor = { incarnation: first.incarnation as Incarnation, number: before.head };
    await first.close();
    disk.restore(backup);
    const restored = await (await open()).mesh(mesh);
    await restored.append(groupOf(7, 8, 9));
    expect(restored.head).toBeGreaterThan(cursor.number);
    expect(isCursorValid(restored, cursor)).toBe(false);
    expect(isCursorValid(restored, { ...cursor, number: 2 })).toBe(true);
  });

  test('remembers the last opening of each replica, and its meshes', async () => {
    const { disk, open } = worldOf(25);
    const log = await open();
    const team = await log.mesh(mesh);
    await log.mesh(parseMeshId('empty'));
    await team.putReplica(replica, { counter: 3, nonce: 'ab' });
    await team.append(groupOf(1));
    await expect(open()).rejects.toMatchObject({ code: 'store_in_use' });
    disk.crash('power');
    const reopened = await open();
    expect(await reopened.meshes()).toEqual([mesh]);
    expect(await (await reopened.mesh(mesh)).replica(replica)).toEqual({ counter: 3, nonce: 'ab' });
  });
});
