import type { ReplicaStore } from '@mnemesh/core';
import { describe, expect, it } from 'vitest';
import type { StoreBench } from './replica-store-bench.js';
import { bytes, fullBatch, guid, known, recordId, tasks } from './replica-store-samples.js';

const append = (store: ReplicaStore, ...texts: readonly string[]) =>
  store.commit({ updates: texts.map((text) => ({ guid: guid('a'), update: bytes(text) })) });

const read = async (store: ReplicaStore) => {
  const document = await store.document(guid('a'));
  if (document === undefined) throw new Error('the document is gone');
  return { ...document, texts: document.log.map(({ update }) => new TextDecoder().decode(update)) };
};

const lastNumber = async (store: ReplicaStore) => (await read(store)).log.at(-1)?.number ?? 0;

export function testDocuments(bench: StoreBench): void {
  const start = () => bench.with({ documents: [known('a')] });

  describe('a document', () => {
    it('is known from the batch that names it; naming it again changes nothing', async () => {
      const store = await start();
      await append(store, 'one');
      await store.commit({ documents: [known('a'), known('b', tasks), known('b', tasks)] });
      const heads = await store.documents();
      expect(heads).toHaveLength(2);
      expect(heads.find((head) => head.guid === guid('a'))).toMatchObject({
        ...known('a'),
        updates: 1,
      });
      expect(heads.find((head) => head.guid === guid('b'))).toEqual({
        ...known('b', tasks),
        bytes: 0,
        updates: 0,
        unacked: false,
        lacking: false,
        unscrubbed: false,
      });
    });

    it('must be known before anything of it is stored', async () => {
      const store = await bench.open();
      await expect(append(store, 'x')).rejects.toMatchObject({ code: 'not_found' });
      const snapshot = { guid: guid('a'), snapshot: bytes('x'), through: 0 };
      await expect(store.commit({ snapshots: [snapshot] })).rejects.toMatchObject({
        code: 'not_found',
      });
      expect(await store.document(guid('a'))).toBeUndefined();
      expect(await store.documents()).toEqual([]);
    });

    it('keeps its updates in order, under numbers that ascend across documents', async () => {
      const store = await bench.with({ documents: [known('a'), known('b')] });
      await append(store, 'one');
      await store.commit({ updates: [{ guid: guid('b'), update: bytes('other') }] });
      await append(store, 'two', 'three');
      const { texts, log } = await read(store);
      expect(texts).toEqual(['one', 'two', 'three']);
      const other = (await store.document(guid('b')))?.log[0]?.number as number;
      const [one, two, three] = log.map(({ number }) => number) as [number, number, number];
      expect([one, other, two, three]).toEqual(
        [...new Set([one, other, two, three])].sort((x, y) => x - y),
      );
    });

    it('never gives a number twice, not even after all updates were deleted and the store reopened', async () => {
      let store = await start();
      await append(store, 'one', 'two');
      const through = await lastNumber(store);
      await store.commit({
        snapshots: [{ guid: guid('a'), snapshot: bytes('both'), through }],
        prune: [{ guid: guid('a'), through }],
      });
      store = await bench.reopen(store);
      await append(store, 'three');
      expect(await lastNumber(store)).toBeGreaterThan(through);
      expect((await read(store)).texts).toEqual(['three']);
    });

    it('is its snapshot and the updates after it', async () => {
      const store = await start();
      await append(store, 'one', 'two');
      const through = await lastNumber(store);
      await append(store, 'three');
      await store.commit({ snapshots: [{ guid: guid('a'), snapshot: bytes('one two'), through }] });
      const document = await read(await bench.reopen(store));
      expect(document.snapshot).toEqual(bytes('one two'));
      expect(document.snapshotThrough).toBe(through);
      expect(document.texts).toEqual(['three']);
      expect(document.updates).toBe(1);
    });

    it('[CP] loses by pruning exactly what its snapshot covers', async () => {
      const store = await start();
      await append(store, 'one', 'two');
      const through = await lastNumber(store);
      await append(store, 'three');
      const refused = store.commit({ prune: [{ guid: guid('a'), through }] });
      await expect(refused).rejects.toMatchObject({ code: 'bad_input' });
      expect((await read(store)).texts).toEqual(['one', 'two', 'three']);

      await store.commit({ snapshots: [{ guid: guid('a'), snapshot: bytes('s'), through }] });
      const tooFar = store.commit({ prune: [{ guid: guid('a'), through: through + 1 }] });
      await expect(tooFar).rejects.toMatchObject({ code: 'bad_input' });
      await store.commit({ prune: [{ guid: guid('a'), through }] });
      expect((await read(await bench.reopen(store))).texts).toEqual(['three']);
    });

    it('[CP] keeps the other documents out of a pruning', async () => {
      const store = await bench.with({ documents: [known('a'), known('b')] });
      await store.commit({ updates: [{ guid: guid('b'), update: bytes('other') }] });
      await append(store, 'one');
      const through = await lastNumber(store);
      await store.commit({
        snapshots: [{ guid: guid('a'), snapshot: bytes('s'), through }],
        prune: [{ guid: guid('a'), through }],
      });
      expect((await store.document(guid('b')))?.log.map(({ update }) => update)).toEqual([
        bytes('other'),
      ]);
    });

    it('refuses a snapshot that covers less than the last one, or more than there ever was', async () => {
      const store = await start();
      await append(store, 'one', 'two');
      const through = await lastNumber(store);
      const snapshot = (upTo: number) =>
        store.commit({
          snapshots: [{ guid: guid('a'), snapshot: bytes(`${upTo}`), through: upTo }],
        });
      await expect(snapshot(through + 1)).rejects.toMatchObject({ code: 'bad_input' });
      await snapshot(through);
      await expect(snapshot(through - 1)).rejects.toMatchObject({ code: 'bad_input' });
      await snapshot(through);
      expect((await read(store)).snapshot).toEqual(bytes(`${through}`));
    });

    it('says how much of it is stored', async () => {
      const store = await start();
      await append(store, 'x'.repeat(1000), 'y'.repeat(500));
      const [head] = await store.documents();
      expect(head).toMatchObject({ bytes: 1500, updates: 2 });
      expect(await store.document(guid('a'))).toMatchObject({ bytes: 1500, updates: 2 });
    });

    it('remembers whether it lost something that is to be put back', async () => {
      let store = await bench.with({ documents: [known('a'), known('b')] });
      await store.commit({ lacking: [{ guid: guid('a'), lacking: true }] });
      store = await bench.reopen(store);
      const lacking = async () =>
        (await store.documents()).filter((head) => head.lacking).map((head) => head.guid);
      expect(await lacking()).toEqual([guid('a')]);
      await store.commit({ lacking: [{ guid: guid('a'), lacking: false }] });
      expect(await lacking()).toEqual([]);
    });

    it('remembers whether it is to be scrubbed', async () => {
      let store = await bench.with({ documents: [known('a'), known('b')] });
      const unscrubbed = async () =>
        (await store.documents()).filter((head) => head.unscrubbed).map((head) => head.guid);
      await store.commit({ unscrubbed: [{ guid: guid('b'), unscrubbed: true }] });
      store = await bench.reopen(store);
      expect(await unscrubbed()).toEqual([guid('b')]);
      await store.commit({ unscrubbed: [{ guid: guid('b'), unscrubbed: false }] });
      expect(await unscrubbed()).toEqual([]);
    });

    it('[DL] is gone with all that was stored of it when it is removed; the others stay', async () => {
      let store = await bench.with(fullBatch('a', 1), fullBatch('b', 2));
      await store.commit({ removeDocuments: [guid('a'), guid('never known')] });
      const check = async () => {
        expect((await store.documents()).map((head) => head.guid)).toEqual([guid('b')]);
        expect(await store.document(guid('a'))).toBeUndefined();
        expect(await store.envelopesOf(guid('a'))).toEqual([]);
        expect(await store.envelopesOf(guid('b'))).toHaveLength(1);
        expect((await store.query({ limit: 10 })).map(({ id }) => id)).toEqual([recordId('R2')]);
        expect([...(await store.syncState()).known.keys()]).toEqual([guid('b')]);
      };
      await check();
      store = await bench.reopen(store);
      await check();
      await store.commit({ documents: [known('a')] });
      expect(await store.document(guid('a'))).toMatchObject({ bytes: 0, updates: 0, log: [] });
    });

    it('[ND] changes nothing of what it holds by an erasure, nor of what is committed beside it', async () => {
      let store = await bench.with(fullBatch('a', 1), fullBatch('b', 2));
      await append(store, 'two', 'three');
      const through = await lastNumber(store);
      await store.commit({ snapshots: [{ guid: guid('a'), snapshot: bytes('whole'), through }] });
      await store.commit({ prune: [{ guid: guid('a'), through }] });
      const contents = async () => ({
        documents: await store.documents(),
        ours: await store.document(guid('a')),
        theirs: await store.document(guid('b')),
        envelopes: [await store.envelopesOf(guid('a')), await store.envelopesOf(guid('b'))],
        records: await store.query({ limit: 10 }),
        sync: await store.syncState(),
      });
      const before = await contents();
      await store.erase([guid('a')]);
      expect(await contents()).toEqual(before);
      await Promise.all([append(store, 'x'), store.erase([]), append(store, 'y')]);
      store = await bench.reopen(store);
      expect((await read(store)).texts).toEqual(['x', 'y']);
      expect((await contents()).theirs).toEqual(before.theirs);
    });

    it('remembers whether the relay lacks something of it', async () => {
      let store = await bench.with({ documents: [known('a'), known('b')] });
      const unacked = async () =>
        (await store.documents()).filter((head) => head.unacked).map((head) => head.guid);
      expect(await unacked()).toEqual([]);
      await store.commit({ unacked: [{ guid: guid('a'), unacked: true }] });
      store = await bench.reopen(store);
      expect(await unacked()).toEqual([guid('a')]);
      expect((await store.document(guid('a')))?.unacked).toBe(true);
      await store.commit({ unacked: [{ guid: guid('a'), unacked: false }] });
      expect(await unacked()).toEqual([]);
    });
  });
}
