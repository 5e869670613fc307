import type { ReplicaStore } from '@mnemesh/core';
import {
  type Guid,
  type MeshId,
  type Namespace,
  parseMeshId,
  parseNamespace,
  parseSegmentName,
  segmentGuid,
} from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import {
  damageReplicaStore,
  encodeJournalFrame,
  readJournal,
  readReplicaStore,
  SeededRandom,
  SimulatedDisk,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '../src/index.js';

const mesh: MeshId = parseMeshId('team');
const namespace: Namespace = parseNamespace('shared/tasks');
const segment = parseSegmentName('0');
const guid: Guid = segmentGuid(mesh, namespace, segment);
const document = { guid, namespace, segment };

function worldOf(seed: number) {
  const time = new SimulatedTime(0);
  const random = new SeededRandom(seed);
  const disk = new SimulatedDisk({ name: 'laptop', time, random: random.fork('disk') });
  const runtimes = new SimulatedRuntimes(time, random);
  const open = (): Promise<ReplicaStore> => {
    const process = `process ${disk.calls}`;
    return simulatedReplicaStore({ disk, runtime: runtimes.start('replica'), process })(mesh);
  };
  return { time, disk, open };
}

const write = (store: ReplicaStore, value: number): Promise<void> =>
  store.commit({ documents: [document], updates: [{ guid, update: Uint8Array.of(value) }] });

async function valuesOf(store: ReplicaStore): Promise<number[]> {
  const stored = await store.document(guid);
  return (stored?.log ?? []).map(({ update }) => update[0] as number);
}

describe('a simulated replica store', () => {
  test('what was saved survives any power loss, and nothing appears out of order [ND] [CP]', async () => {
    const tails = new Set<number>();
    for (let seed = 0; seed < 150; seed++) {
      const { time, disk, open } = worldOf(seed);
      const store = await open();
      disk.latency = { minMs: 1, maxMs: 9 };
      let saved = 0;
      for (let value = 1; value <= 12; value++) {
        void write(store, value).then(() => {
          saved = value;
        });
        await time.advance(seed % 7);
      }
      disk.crash('power');
      disk.latency = { minMs: 0, maxMs: 0 };
      const survived = readReplicaStore(disk.image(), mesh).document(guid)?.log ?? [];
      const values = await valuesOf(await open());
      expect(values).toEqual(survived.map(({ update }) => update[0]));
      expect(values).toEqual(values.map((_, at) => at + 1));
      expect(values.length).toBeGreaterThanOrEqual(saved);
      tails.add(values.length - saved);
    }
    // Commits that had not resolved were sometimes kept and sometimes lost: the window is real.
    expect(tails.size).toBeGreaterThan(2);
  });

  test('a crash at any disk call leaves a store that loads, and whose counter rose [CP]', async () => {
    const run = async (crashAt: number | undefined): Promise<number> => {
      const { time, disk, open } = worldOf(11);
      if (crashAt !== undefined) disk.planFault(crashAt, 'power');
      let saved = 0;
      let counter = 0;
      const session = async (from: number): Promise<void> => {
        const store = await open();
        counter = store.opened.counter;
        for (let value = from; value < from + 3; value++) {
          await write(store, value);
          saved = value;
        }
        await store.close();
      };
      void session(1).then(() => session(4));
      await time.advance(1);
      const calls = disk.calls;
      disk.clearFaults();
      disk.crash('power');
      const reopened = await open();
      expect(reopened.opened.counter).toBeGreaterThan(counter);
      expect((await valuesOf(reopened)).length).toBeGreaterThanOrEqual(saved);
      return calls;
    };
    const calls = await run(undefined);
    expect(calls).toBeGreaterThan(15);
    for (let call = 1; call <= calls; call++) await run(call);
  });

  test('a failing disk call rejects the commit it meets and every later one, and leaves a store that opens [CP]', async () => {
    for (let call = 1; call <= 3; call++) {
      const { disk, open } = worldOf(12);
      const store = await open();
      await write(store, 1);
      disk.planFault(call, 'fail');
      const outcomes = await Promise.allSettled([2, 3, 4].map((n) => write(store, n)));
      const saved = [1, ...[2, 3, 4].filter((_, i) => outcomes[i]?.status === 'fulfilled')];
      expect(saved).toEqual(call === 3 ? [1, 2, 3, 4] : [1]);
      disk.clearFaults();
      if (call !== 3) {
        await expect(write(store, 5)).rejects.toMatchObject({ code: 'store_failed' });
      }
      disk.crash('power');
      expect(await valuesOf(await open())).toEqual(saved);
    }
  });

  test('an older copy opens with a lower counter, and a copied store with the same and another nonce', async () => {
    const { disk, open } = worldOf(14);
    const first = await open();
    await first.close();
    const backup = disk.image();
    const second = await open();
    await second.close();
    disk.restore(backup);
    const restored = await open();
    expect(restored.opened.replica).toBe(second.opened.replica);
    expect(restored.opened.counter).toBe(second.opened.counter);
    expect(restored.opened.nonce).not.toBe(second.opened.nonce);
  });

  test('the process that has a store open is named, and killing it sets the store free', async () => {
    const { disk, open } = worldOf(15);
    await open();
    await expect(open()).rejects.toMatchObject({
      code: 'store_in_use',
      message: expect.stringContaining('process 0'),
    });
    disk.crash('kill');
    expect((await open()).opened.counter).toBe(2);
  });

  test('a damaged row is missing, its document is named until repaired, the rest loads', async () => {
    const { disk, open } = worldOf(16);
    const store = await open();
    for (const value of [1, 2, 3]) await write(store, value);
    await store.close();
    disk.restore(damageReplicaStore(disk.image(), mesh, { guid, number: 2 }));
    const damaged = await open();
    expect(damaged.damaged).toEqual([{ guid, rows: 1 }]);
    expect(await valuesOf(damaged)).toEqual([1, 3]);
    await damaged.commit({ repaired: [guid] });
    expect(damaged.damaged).toEqual([]);
  });

  test('zeros at the end of a journal are no commits', () => {
    const frame = encodeJournalFrame(Uint8Array.of(1, 2, 3));
    const padded = new Uint8Array(frame.length + 64);
    padded.set(frame);
    expect(readJournal(padded)).toEqual({ payloads: [Uint8Array.of(1, 2, 3)], end: frame.length });
  });
});
