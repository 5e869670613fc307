import type { RecordQuery, ReplicaStore, StoredEnvelope, StoredRecord } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import { byNewest, matchesQuery } from './record-query.js';
import type { StoreBench } from './replica-store-bench.js';
import {
  bytes,
  clock,
  envelope,
  guid,
  memory,
  namespaces,
  record,
  recordId,
  tasks,
  version,
} from './replica-store-samples.js';

export function testRecords(bench: StoreBench): void {
  describe('envelopes', () => {
    it('are found by their records and by their segment', async () => {
      const envelopes = [
        envelope(1),
        envelope(2, { field: 'title' }),
        envelope(3, { id: recordId('B') }),
        envelope(4, { guid: guid('t'), namespace: tasks }),
      ];
      const store = await bench.reopen(await bench.with({ envelopes }));
      const [first, second, third, fourth] = envelopes as [
        StoredEnvelope,
        StoredEnvelope,
        StoredEnvelope,
        StoredEnvelope,
      ];
      expect(byVersion(await store.envelopes(memory, [recordId('A')]))).toEqual([first, second]);
      expect(byVersion(await store.envelopes(memory, ids('A', 'B', 'A')))).toEqual([
        first,
        second,
        third,
      ]);
      expect(await store.envelopes(tasks, ids('A', 'B'))).toEqual([fourth]);
      expect(byVersion(await store.envelopesOf(guid('a')))).toEqual([first, second, third]);
      expect(await store.envelopesOf(guid('nobody'))).toEqual([]);
      expect(await store.envelopes(memory, [])).toEqual([]);
    });

    it('[ID] stand once however often they arrive, vouched for by the latest commit', async () => {
      const store = await bench.with(
        { envelopes: [envelope(1), envelope(1)] },
        { envelopes: [envelope(1, { commit: bytes('another commit') })] },
      );
      const expected = [envelope(1, { commit: bytes('another commit') })];
      expect(await (await bench.reopen(store)).envelopesOf(guid('a'))).toEqual(expected);
    });

    it('share a commit, which stays until the last of them is removed', async () => {
      const commit = bytes('a commit of three');
      const store = await bench.with({ envelopes: [1, 2, 3].map((n) => envelope(n, { commit })) });
      const remove = (n: number) =>
        store.commit({ removeEnvelopes: [{ guid: guid('a'), version: version(n) }] });
      await remove(1);
      await remove(2);
      expect(await store.envelopesOf(guid('a'))).toEqual([envelope(3, { commit })]);
      await remove(3);
      await remove(3);
      expect(await store.envelopesOf(guid('a'))).toEqual([]);
      await store.commit({ envelopes: [envelope(3, { commit })] });
      expect(await store.envelopesOf(guid('a'))).toEqual([envelope(3, { commit })]);
    });

    it('are removed from the named segment only, and before new ones are put', async () => {
      const elsewhere = envelope(1, { guid: guid('b') });
      const store = await bench.with({ envelopes: [envelope(1), elsewhere] });
      await store.commit({
        removeEnvelopes: [{ guid: guid('a'), version: version(1) }],
        envelopes: [envelope(1, { field: 'renewed' })],
      });
      expect(await store.envelopesOf(guid('a'))).toEqual([envelope(1, { field: 'renewed' })]);
      expect(await store.envelopesOf(guid('b'))).toEqual([elsewhere]);
    });
  });

  describe('a record', () => {
    it('is put, replaced and removed', async () => {
      const store = await bench.with({ records: [record('A'), record('A', { namespace: tasks })] });
      const changed = record('A', {
        state: undefined,
        ref: 'BD-1',
        archived: true,
        conflicted: true,
        view: '{}',
      });
      await store.commit({ records: [changed] });
      expect(await store.record(memory, recordId('A'))).toEqual(changed);
      expect(await store.record(tasks, recordId('A'))).toEqual(record('A', { namespace: tasks }));
      await store.commit({ removeRecords: [{ namespace: memory, id: recordId('A') }] });
      expect(await store.record(memory, recordId('A'))).toBeUndefined();
      expect(await store.count({})).toBe(1);
    });

    it('is removed before others are put', async () => {
      const store = await bench.with({ records: [record('A')] });
      await store.commit({
        removeRecords: [{ namespace: memory, id: recordId('A') }],
        records: [record('A', { view: 'new' })],
      });
      expect((await store.record(memory, recordId('A')))?.view).toBe('new');
    });

    it('is found by the name its tracker gave it, within its namespace', async () => {
      const store = await bench.with({
        records: [
          record('A', { ref: 'BD-1' }),
          record('B', { ref: 'BD-1', namespace: tasks }),
          record('C'),
        ],
      });
      expect((await store.recordByRef(memory, 'BD-1'))?.id).toBe(recordId('A'));
      expect((await store.recordByRef(tasks, 'BD-1'))?.id).toBe(recordId('B'));
      expect(await store.recordByRef(memory, 'BD-2')).toBeUndefined();
    });
  });

  describe('a query', () => {
    it('finds exactly the records it names, newest first, and counts them', async () => {
      const records = variedRecords();
      const store = await bench.with({ records });
      let found = 0;
      for (const query of variedQueries(records)) {
        const expected = records.filter((one) => matchesQuery(one, query)).sort(byNewest);
        const label = JSON.stringify(query);
        expect(await store.query(query), label).toEqual(expected.slice(0, query.limit));
        const { limit, before, ...filter } = query;
        if (before === undefined) expect(await store.count(filter), label).toBe(expected.length);
        found += expected.length;
      }
      expect(found).toBeGreaterThan(200);
    });

    it('leaves archived records out unless asked for them', async () => {
      const store = await bench.with({ records: [record('A'), record('B', { archived: true })] });
      const found = async (query: Omit<RecordQuery, 'limit'>) =>
        (await store.query({ ...query, limit: 9 })).map(({ id }) => id).sort();
      expect(await found({})).toEqual(ids('A'));
      expect(await found({ archived: true })).toEqual(ids('B'));
      expect(await found({ archived: 'any' })).toEqual(ids('A', 'B'));
    });

    it('leads page by page through every record once', async () => {
      const records = variedRecords();
      const store = await bench.with({ records });
      const pages = await pagesOf(store, 7);
      expect(pages.flat()).toEqual([...records].sort(byNewest));
      expect(pages.slice(0, -1).every((page) => page.length === 7)).toBe(true);
    });
  });
}

const ids = (...locals: readonly string[]): readonly RecordId[] => locals.map(recordId);

function byVersion(envelopes: readonly StoredEnvelope[]): readonly StoredEnvelope[] {
  return [...envelopes].sort((a, b) => (a.version < b.version ? -1 : 1));
}

async function pagesOf(
  store: ReplicaStore,
  limit: number,
): Promise<readonly (readonly StoredRecord[])[]> {
  const pages: (readonly StoredRecord[])[] = [];
  let page = await store.query({ limit, archived: 'any' });
  while (page.length > 0) {
    pages.push(page);
    const { created, id } = page.at(-1) as StoredRecord;
    page = await store.query({ limit, archived: 'any', before: { created, id } });
  }
  return pages;
}

const words = ['parrot', 'relay', 'naïve', 'a_b', '100%', 'log'];

/** Records that differ in everything a query can ask for; several share their moment of creation. */
function variedRecords(): readonly StoredRecord[] {
  return Array.from({ length: 90 }, (_, n) =>
    record(String.fromCharCode(65 + (n % 26)) + n, {
      namespace: namespaces[n % 2] as StoredRecord['namespace'],
      collection: n % 3 === 0 ? 'tasks' : 'memory',
      created: clock(Math.floor((n * 37) % 60)),
      archived: n % 5 === 0,
      conflicted: n % 7 === 0,
      state: n % 4 === 0 ? undefined : ['working', 'fact', 'done'][n % 3],
      text: `${words[n % words.length]} ${words[(n * 5 + 1) % words.length]}`,
    }),
  );
}

function variedQueries(records: readonly StoredRecord[]): readonly RecordQuery[] {
  const { created, id } = [...records].sort(byNewest)[40] as StoredRecord;
  const filters: readonly (readonly Omit<RecordQuery, 'limit'>[])[] = [
    [{}, { namespaces: [memory] }, { namespaces: [...namespaces] }, { namespaces: [] }],
    [{}, { collection: 'tasks' }, { collection: 'memory', state: 'fact' }, { state: 'done' }],
    [{}, { conflicted: true }, { conflicted: false, archived: true }, { archived: 'any' }],
    [{}, { before: { created, id } }],
  ];
  const combined = filters.reduce<readonly Omit<RecordQuery, 'limit'>[]>(
    (all, choices) => all.flatMap((one) => choices.map((choice) => ({ ...one, ...choice }))),
    [{}],
  );
  return combined.map((filter, n) => ({ ...filter, limit: n % 3 === 0 ? 3 : 1000 }));
}
