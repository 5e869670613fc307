import { describe, expect, it } from 'vitest';
import type { StoreBench } from './replica-store-bench.js';
import { bytes, fullBatch, guid, known, memory, recordId } from './replica-store-samples.js';

export function testOpening(bench: StoreBench): void {
  describe('opening', () => {
    it('gives a new store its own replica id, and holds nothing', async () => {
      const store = await bench.open();
      expect(store.opened.replica).toMatch(/^[0-9a-f]{32}$/);
      expect(store.opened.counter).toBe(1);
      expect(store.damaged).toEqual([]);
      expect(await store.documents()).toEqual([]);
      expect(await store.query({ limit: 10, archived: 'any' })).toEqual([]);
      expect(await store.syncState()).toEqual({ cursor: undefined, known: new Map(), awaited: [] });
    });

    it('counts every opening and marks it with a fresh nonce, so that copies betray themselves', async () => {
      const openings = [];
      let store = await bench.open();
      for (let i = 0; i < 3; i++) {
        openings.push(store.opened);
        store = await bench.reopen(store);
      }
      openings.push(store.opened);
      expect(openings.map(({ counter }) => counter)).toEqual([1, 2, 3, 4]);
      expect(new Set(openings.map(({ replica }) => replica)).size).toBe(1);
      expect(new Set(openings.map(({ nonce }) => nonce)).size).toBe(4);
      for (const { nonce } of openings) expect(nonce).toMatch(/^[0-9a-f]{32}$/);
    });

    it('counts an opening that crashed before it wrote anything', async () => {
      const first = await bench.open();
      await bench.crash();
      const second = await bench.open();
      expect(second.opened).toMatchObject({ replica: first.opened.replica, counter: 2 });
    });

    it('refuses a second opening, which changes nothing', async () => {
      const store = await bench.with(fullBatch('a', 1));
      await expect(bench.open()).rejects.toMatchObject({ code: 'store_in_use' });
      await store.commit({ updates: [{ guid: guid('a'), update: bytes('still open') }] });
      const again = await bench.reopen(store);
      expect(again.opened.counter).toBe(2);
      expect((await again.document(guid('a')))?.log).toHaveLength(2);
    });

    it('keeps the stores of two meshes apart', async () => {
      const one = await bench.open('one');
      const two = await bench.open('two');
      await one.commit(fullBatch('a', 1));
      expect(await two.documents()).toEqual([]);
      expect(two.opened.replica).not.toBe(one.opened.replica);
    });
  });

  describe('closing', () => {
    it('waits for the commits under way, and can be done twice', async () => {
      const store = await bench.open();
      const commits = [store.commit(fullBatch('a', 1)), store.commit(fullBatch('a', 2))];
      const closing = store.close();
      await Promise.all([...commits, closing, store.close()]);
      await store.close();
      const again = await bench.open();
      expect((await again.document(guid('a')))?.log).toHaveLength(2);
    });

    it('refuses every later call', async () => {
      const store = await bench.with(fullBatch('a', 1));
      await store.close();
      const calls = [
        () => store.documents(),
        () => store.document(guid('a')),
        () => store.envelopes(memory, [recordId('R1')]),
        () => store.envelopesOf(guid('a')),
        () => store.record(memory, recordId('R1')),
        () => store.recordByRef(memory, 'x'),
        () => store.query({ limit: 1 }),
        () => store.count({}),
        () => store.syncState(),
        () => store.commit({ documents: [known('b')] }),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'closed' });
    });
  });
}
