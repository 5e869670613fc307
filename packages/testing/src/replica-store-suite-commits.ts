import type { ReplicaStore, StoreBatch } from '@mnemesh/core';
import type { ReplicaId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import type { StoreBench } from './replica-store-bench.js';
import {
  bytes,
  clock,
  fullBatch,
  guid,
  known,
  memory,
  record,
  recordId,
} from './replica-store-samples.js';

export function testCommits(bench: StoreBench): void {
  describe('a commit', () => {
    it('[ND] is there, whole, after closing and opening', async () => {
      const store = await bench.with(fullBatch('a', 1), fullBatch('b', 2));
      const before = await contents(store);
      expect(before.documents).toHaveLength(2);
      expect(before.envelopes).toHaveLength(2);
      expect(before.records).toHaveLength(2);
      expect(await contents(await bench.reopen(store))).toEqual(before);
    });

    it('[ND] is there, whole, after a crash', async () => {
      const store = await bench.with(fullBatch('a', 1), fullBatch('b', 2));
      const before = await contents(store);
      await bench.crash();
      expect(await contents(await bench.open())).toEqual(before);
    });

    it('[CP] that is refused changes nothing, whatever came before the refused part', async () => {
      const store = await bench.with(fullBatch('a', 1));
      const before = await contents(store);
      const opened = { ...store.opened };
      const refused: readonly StoreBatch[] = [
        { ...fullBatch('b', 2), prune: [{ guid: guid('a'), through: 1 }] },
        { ...fullBatch('a', 3), updates: [{ guid: guid('unknown'), update: bytes('x') }] },
        {
          ...fullBatch('a', 4),
          replica: 'ff'.repeat(16) as ReplicaId,
          resetSync: true,
          // More than any store has given, wherever its numbers begin.
          snapshots: [{ guid: guid('a'), snapshot: bytes('x'), through: 2 ** 50 }],
        },
      ];
      for (const batch of refused) await expect(store.commit(batch)).rejects.toThrow();
      expect(await contents(store)).toEqual(before);
      expect(store.opened).toEqual(opened);
      expect(await contents(await bench.reopen(store))).toEqual(before);
    });

    it('[CP] that is refused takes none of its neighbours along', async () => {
      const store = await bench.with(fullBatch('a', 1));
      const outcomes = await Promise.allSettled([
        store.commit({ updates: [{ guid: guid('a'), update: bytes('before') }] }),
        store.commit({ ...fullBatch('c', 9), prune: [{ guid: guid('a'), through: 1 }] }),
        store.commit({ updates: [{ guid: guid('a'), update: bytes('after') }] }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const updates = (await store.document(guid('a')))?.log.map(({ update }) => update);
      expect(updates).toEqual([bytes('update 1'), bytes('before'), bytes('after')]);
      expect(await store.document(guid('c'))).toBeUndefined();
    });

    it('takes effect in the order of the calls, also when nobody waits between them', async () => {
      const store = await bench.with({ documents: [known('a'), known('b')] });
      const snapshot = {
        guid: guid('b'),
        snapshot: bytes('slow to write '.repeat(1000)),
        through: 0,
      };
      const commits = Array.from({ length: 60 }, (_, n) =>
        store.commit({
          updates: [{ guid: guid('a'), update: bytes(`${n}`) }],
          records: [record('A', { view: `${n}` })],
          ...(n % 20 === 0 ? { snapshots: [snapshot] } : {}),
        }),
      );
      await Promise.all(commits);
      const log = (await store.document(guid('a')))?.log ?? [];
      expect(log.map(({ update }) => Number(new TextDecoder().decode(update)))).toEqual(
        commits.map((_, n) => n),
      );
      expect((await store.record(memory, recordId('A')))?.view).toBe('59');
    });

    it('is seen by every read that begins after it resolved', async () => {
      const store = await bench.open();
      for (let n = 1; n <= 5; n++) {
        await store.commit(fullBatch('a', n));
        expect((await store.document(guid('a')))?.log).toHaveLength(n);
        expect(await store.count({})).toBe(n);
        expect((await store.syncState()).cursor?.number).toBe(n);
      }
    });

    it('that is deferred is read at once, and is there after an orderly close', async () => {
      const store = await bench.with(fullBatch('a', 1));
      await store.commit({ ...fullBatch('a', 2), deferred: true });
      expect((await store.document(guid('a')))?.log).toHaveLength(2);
      const before = await contents(store);
      expect(await contents(await bench.reopen(store))).toEqual(before);
    });

    it('may be empty, and may name what is not there', async () => {
      const store = await bench.with(
        {},
        { repaired: [guid('nobody')], noLongerAwaited: [guid('nobody')] },
      );
      expect(await contents(store)).toEqual(await contents(await bench.reopen(store)));
    });

    it('keeps bytes as they were handed over, of any length, and gives plain byte arrays back', async () => {
      const whole = bytes('0123456789');
      const large = new Uint8Array(1_500_000).map((_, i) => (i * 7919) >> 3);
      const updates = [new Uint8Array(0), whole.subarray(3, 6), large];
      const store = await bench.with({
        documents: [known('a')],
        updates: updates.map((update) => ({ guid: guid('a'), update })),
      });
      await store.commit({ snapshots: [{ guid: guid('a'), snapshot: large, through: 0 }] });
      const document = await (await bench.reopen(store)).document(guid('a'));
      const read = document?.log.map(({ update }) => update) ?? [];
      expect(
        read.map((update) => Buffer.compare(update, updates[read.indexOf(update)] as Uint8Array)),
      ).toEqual([0, 0, 0]);
      expect(Buffer.compare(document?.snapshot as Uint8Array, large)).toBe(0);
      for (const one of [...read, document?.snapshot]) {
        expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype);
      }
    });

    it('keeps the text of a record as it was, whatever the script', async () => {
      const text = 'naïve 日本語 🦜 "quoted" \u0000 zero';
      const store = await bench.with({
        records: [record('A', { text, view: JSON.stringify({ text }), updated: clock(2 ** 20) })],
      });
      expect(await (await bench.reopen(store)).record(memory, recordId('A'))).toEqual(
        record('A', { text, view: JSON.stringify({ text }), updated: clock(2 ** 20) }),
      );
    });
  });
}

/** All that can be read of a store. */
async function contents(store: ReplicaStore) {
  const heads = await store.documents();
  return {
    heads,
    documents: await Promise.all(heads.map((head) => store.document(head.guid))),
    envelopes: (await Promise.all(heads.map((head) => store.envelopesOf(head.guid)))).flat(),
    records: await store.query({ limit: 1000, archived: 'any' }),
    sync: await store.syncState(),
    damaged: store.damaged,
  };
}
