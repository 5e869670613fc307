import { TOMBSTONE_FIELD } from '@mnemesh/protocol';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { equalStates, type Place, readUpdate, SegmentDocument, stateOf } from '@mnemesh/segment';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { documentWorker, inlineCompactor } from '../src/index.js';
import { RelayBench } from './relay-bench.js';
import { demo, elementsOf, type ScriptedReplica, tasks, Writer } from './scripted-replica.js';
import { session, signed, verifiedData } from './signed-elements.js';

const shown = (clock: number) => new Map([[session, clock]]);

describe('compacting a document', () => {
  const compactor = inlineCompactor(nodeSignatures);
  let writer: SegmentDocument;
  let updates: Uint8Array[];

  beforeEach(() => {
    writer = new SegmentDocument(tasks.guid, 11);
    updates = [];
  });

  /** One transaction: appends a signed commit, deletes places. */
  async function edit(append: readonly Uint8Array[], remove: readonly Place[]): Promise<void> {
    const change = writer.edit(append, remove);
    if (change !== undefined) updates.push(change.update);
  }

  async function compacted(): Promise<{
    readonly document: SegmentDocument;
    readonly putBack: number;
  }> {
    const input = { ...tasks, mesh: demo, updates, clientId: 77 };
    const { base, putBack, envelopes } = await compactor.compact(input);
    const document = new SegmentDocument(tasks.guid, 1);
    document.load(undefined, putBack === undefined ? [base] : [base, putBack]);
    return { document, putBack: envelopes };
  }

  test('keeps what is there, its clocks and its deletions', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    await edit(await signed(tasks, 2, [{ record: '1.A', data: 2, context: shown(1) }]), [
      { client: 11, clock: 0 },
    ]);
    const { document, putBack } = await compacted();
    expect(putBack).toBe(0);
    expect(equalStates(document.state, writer.state)).toBe(true);
    expect(await verifiedData(tasks, document)).toEqual([2]);
  });

  test('gives up what was replaced: the base is smaller than the rows', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    for (let clock = 2; clock < 40; clock++) {
      const value = { record: '1.A', data: clock, context: shown(clock - 1) };
      await edit(await signed(tasks, clock, [value]), [{ client: 11, clock: clock - 2 }]);
    }
    const { base } = await compactor.compact({ ...tasks, mesh: demo, updates, clientId: 77 });
    const rows = updates.reduce((sum, update) => sum + update.length, 0);
    expect(base.length).toBeLessThan(rows / 10);
    expect(equalStates(stateOf(readUpdate(base)), writer.state)).toBe(true);
  });

  test('[DL] puts back an envelope that was deleted without tombstone or successor', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    await edit([], [{ client: 11, clock: 0 }]);
    const { document, putBack } = await compacted();
    expect(putBack).toBe(1);
    expect(await verifiedData(tasks, document)).toEqual([1]);
  });

  test('[DL] puts back a value that was deleted together with the one it replaced, and only that', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    await edit(await signed(tasks, 2, [{ record: '1.A', data: 2, context: shown(1) }]), []);
    await edit(
      [],
      [0, 1].map((clock) => ({ client: 11, clock })),
    );
    const { document } = await compacted();
    expect(await verifiedData(tasks, document)).toEqual([2]);
  });

  test('[DL] puts back members of a commit of several, with the commit', async () => {
    const values = [1, 2, 3].map((data) => ({ record: `1.${'ABC'[data - 1]}`, data }));
    await edit(await signed(tasks, 1, values), []);
    await edit(
      [],
      [0, 1, 3].map((clock) => ({ client: 11, clock })),
    );
    const { document, putBack } = await compacted();
    expect(putBack).toBe(3);
    expect(await verifiedData(tasks, document)).toContain(1);
    expect(new Set(await verifiedData(tasks, document))).toEqual(new Set([1, 2, 3]));
  });

  test('[DL] leaves what a tombstone forgot forgotten, and puts a deleted tombstone back', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    const tombstone = { record: '1.A', field: TOMBSTONE_FIELD, data: 9, context: shown(1) };
    await edit(await signed(tasks, 2, [tombstone]), [{ client: 11, clock: 0 }]);
    expect((await compacted()).putBack).toBe(0);
    await edit([], [{ client: 11, clock: 1 }]);
    const { document, putBack } = await compacted();
    expect(putBack).toBe(1);
    expect(await verifiedData(tasks, document)).toEqual([9]);
  });

  test('[DL] puts nothing back of which another copy is there', async () => {
    const elements = await signed(tasks, 1, [{ record: '1.A', data: 1 }]);
    await edit(elements, []);
    await edit(elements, [{ client: 11, clock: 0 }]);
    expect((await compacted()).putBack).toBe(0);
  });

  test('[AU] puts nothing back that no valid signature vouches for', async () => {
    const [element] = await signed(tasks, 1, [{ record: '1.A', data: 1 }]);
    const forged = (element as Uint8Array).slice();
    forged[120] = (forged[120] as number) ^ 1;
    await edit([forged], []);
    await edit([], [{ client: 11, clock: 0 }]);
    expect((await compacted()).putBack).toBe(0);
  });

  test('[DL] a forged successor hides nothing: the genuine value is put back', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    const value = { record: '1.A', data: 2, context: shown(1) };
    const [element] = await signed(tasks, 2, [value]);
    const forged = (element as Uint8Array).slice();
    forged[120] = (forged[120] as number) ^ 1;
    await edit([forged], [{ client: 11, clock: 0 }]);
    const { document } = await compacted();
    expect(await verifiedData(tasks, document)).toEqual([1]);
  });

  test('in a worker thread gives the same base', async () => {
    await edit(await signed(tasks, 1, [{ record: '1.A', data: 1 }]), []);
    await edit([], [{ client: 11, clock: 0 }]);
    const input = { ...tasks, mesh: demo, updates, clientId: 77 };
    const worker = documentWorker();
    const [there, here] = [await worker.compact(input), await compactor.compact(input)];
    expect(there).toEqual(here);
    await expect(worker.compact({ ...input, updates: [Uint8Array.of(1, 2, 3)] })).rejects.toThrow();
    expect(await worker.compact(input)).toEqual(here);
    await worker.close();
    await worker.close();
    await expect(worker.compact(input)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a relay that compacts', () => {
  let bench: RelayBench;
  let ann: ScriptedReplica;
  let writer: Writer;

  beforeEach(async () => {
    bench = await RelayBench.start({ foldRows: 8 });
    ann = await bench.join();
    writer = new Writer(tasks, 11);
  });

  afterEach(() => bench.close());

  async function push(count: number, from = 0): Promise<void> {
    for (let i = from; i < from + count; i++) ann.push(tasks, writer.write(i));
    await bench.settle();
  }

  /** What a fresh replica gets. */
  async function storedElements(): Promise<readonly number[]> {
    const fresh = await bench.join();
    fresh.requestState(tasks);
    await bench.settle();
    return elementsOf(fresh.assemble(tasks));
  }

  test('folds a document that has grown, and numbers go on', async () => {
    await push(8);
    expect(bench.faults.calls).toEqual(['append 8', 'putBase', 'dropRows']);
    expect(bench.relay.status().counters.folds).toBe(1);
    await push(1, 8);
    expect(ann.last('durable')).toMatchObject({ received: 9, number: 9 });
    const bob = bench
      .connect()
      .hello()
      .subscribe({ incarnation: bench.log.incarnation, number: 0 });
    await bench.settle();
    expect(bob.received('update')).toHaveLength(2);
    expect(elementsOf(bob.assemble(tasks))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('puts back first, commits that, and only then writes the base and deletes rows', async () => {
    const bob = await bench.join();
    const elements = await signed(tasks, 1, [{ record: '1.A', data: 42 }]);
    const change = writer.document.edit(elements, []);
    ann.push(tasks, change?.update as Uint8Array);
    await bench.settle();
    const bare = writer.document.edit([], [{ client: 11, clock: 0 }]);
    ann.push(tasks, bare?.update as Uint8Array);
    await push(6);
    expect(bench.faults.calls.slice(-3)).toEqual(['append 1', 'putBase', 'dropRows']);
    expect(bench.relay.status().counters.putBack).toBe(1);
    expect(await verifiedData(tasks, bob.assemble(tasks))).toEqual([42]);
    const carl = await bench.join();
    carl.requestState(tasks);
    await bench.settle();
    expect(await verifiedData(tasks, carl.assemble(tasks))).toEqual([42]);
  });

  test.each(['putBase', 'dropRows'] as const)(
    '[CP] survives the failure of %s: links start over and nothing is missing',
    async (step) => {
      bench.faults.failNext = step;
      await push(8);
      expect(ann.closed?.code).toBe(4502);
      expect(await storedElements()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      await bench.restart();
      expect(await storedElements()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    },
  );

  test('leaves alone what was pushed while it compacted', async () => {
    for (let i = 0; i < 40; i++) {
      ann.push(tasks, writer.write(i));
      await bench.settle(1);
    }
    await bench.settle();
    const bob = bench
      .connect()
      .hello()
      .subscribe({ incarnation: bench.log.incarnation, number: 0 });
    await bench.settle();
    expect(elementsOf(bob.assemble(tasks))).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(bench.relay.status().counters.folds).toBeGreaterThan(1);
  });
});
