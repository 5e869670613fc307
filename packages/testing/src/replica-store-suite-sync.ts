import type { ReplicaId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import type { StoreBench } from './replica-store-bench.js';
import { awaited, bytes, cursor, fullBatch, guid, known } from './replica-store-samples.js';

export function testSyncState(bench: StoreBench): void {
  describe('sync state', () => {
    it('keeps the last cursor and the last state of each document', async () => {
      const store = await bench.with(
        { cursor: cursor(1), known: [{ guid: guid('a'), state: bytes('a1') }] },
        {
          cursor: cursor(7),
          known: [
            { guid: guid('b'), state: bytes('b1') },
            { guid: guid('a'), state: bytes('a2') },
          ],
        },
      );
      expect(await (await bench.reopen(store)).syncState()).toEqual({
        cursor: cursor(7),
        known: new Map([
          [guid('a'), bytes('a2')],
          [guid('b'), bytes('b1')],
        ]),
        awaited: [],
      });
    });

    it('keeps awaited documents in the order they came; one that is awaited already keeps its place', async () => {
      const store = await bench.with(
        { awaited: [awaited('c'), awaited('a')] },
        { awaited: [awaited('b'), awaited('c', 500)] },
      );
      const list = async () => (await store.syncState()).awaited;
      expect(await list()).toEqual([awaited('c', 500), awaited('a'), awaited('b')]);
      await store.commit({ noLongerAwaited: [guid('c'), guid('nobody')] });
      expect(await list()).toEqual([awaited('a'), awaited('b')]);
      await store.commit({ noLongerAwaited: [guid('a')], awaited: [awaited('a')] });
      expect((await (await bench.reopen(store)).syncState()).awaited).toEqual([
        awaited('b'),
        awaited('a'),
      ]);
    });

    it('is forgotten by a reset, after which every document is unacked', async () => {
      const store = await bench.with(fullBatch('a', 1), { documents: [known('b')] });
      await store.commit({ documents: [known('c')], resetSync: true });
      expect(await store.syncState()).toEqual({ cursor: undefined, known: new Map(), awaited: [] });
      const heads = await (await bench.reopen(store)).documents();
      expect(heads.map(({ unacked }) => unacked)).toEqual([true, true, true]);
    });

    it('starts anew from the rest of the batch that resets it', async () => {
      const store = await bench.with(fullBatch('a', 1));
      await store.commit({
        resetSync: true,
        cursor: cursor(2),
        unacked: [{ guid: guid('a'), unacked: false }],
        known: [{ guid: guid('a'), state: bytes('new') }],
        awaited: [awaited('z')],
      });
      expect(await store.syncState()).toEqual({
        cursor: cursor(2),
        known: new Map([[guid('a'), bytes('new')]]),
        awaited: [awaited('z')],
      });
      expect((await store.documents())[0]?.unacked).toBe(false);
    });

    it('takes a new replica id at once and for good, and counts on', async () => {
      const store = await bench.with(fullBatch('a', 1));
      const { counter, nonce, replica: former } = store.opened;
      const replica = 'c0'.repeat(16) as ReplicaId;
      expect(former).not.toBe(replica);
      await store.commit({ resetSync: true, replica });
      expect(store.opened).toEqual({ replica, counter, nonce });
      expect((await bench.reopen(store)).opened).toMatchObject({ replica, counter: counter + 1 });
    });
  });
}
