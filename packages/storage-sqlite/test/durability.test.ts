import { join } from 'node:path';
import type { ReplicaStore } from '@mnemesh/core';
import type { Version } from '@mnemesh/protocol';
import { type Database, openDatabase } from '@mnemesh/sqlite';
import { describe, expect, it } from 'vitest';
import { bytes, envelopeOf, guidOf, Place, segmentBatch, text } from './fixtures.js';

const place = new Place();

/** Opens databases that tell of each statement before it runs. */
function watched(before: (sql: string) => void): { readonly open: (path: string) => Database } {
  return { open: (path) => openDatabase(path, { beforeStatement: before }) };
}

const append = (store: ReplicaStore, update: string) =>
  store.commit({ updates: [{ guid: guidOf('1'), update: bytes(update) }] });

const log = async (store: ReplicaStore) =>
  ((await store.document(guidOf('1')))?.log ?? []).map(({ update }) => text(update));

describe('a store on SQLite', () => {
  it('[ND] flushes every commit: synchronous is FULL on the connection that writes', async () => {
    let writing: Database | undefined;
    const store = await place.open({
      open: (path) => {
        writing = openDatabase(path);
        return writing;
      },
    });
    await store.commit(segmentBatch('1'));
    expect(writing?.pragma('synchronous')).toBe(2);
    expect(writing?.pragma('journal_mode')).toBe('wal');
  });

  it('writes the commits of one turn in one transaction', async () => {
    const statements: string[] = [];
    const store = await place.open(watched((sql) => statements.push(sql)));
    await store.commit(segmentBatch('1'));
    statements.length = 0;
    await Promise.all(Array.from({ length: 100 }, (_, n) => append(store, `${n}`)));
    expect(statements.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
    expect(await log(store)).toHaveLength(102);
  });

  it('lies compressed: a snapshot takes the room of what it says, not of how often', async () => {
    const store = await place.open();
    await store.commit(segmentBatch('1'));
    const snapshot = bytes('the same again '.repeat(10_000));
    await store.commit({ snapshots: [{ guid: guidOf('1'), snapshot, through: 2 }] });
    expect((await store.documents())[0]?.bytes).toBeLessThan(snapshot.length / 50);
    expect((await store.document(guidOf('1')))?.snapshot).toEqual(snapshot);
  });

  it('stores a commit once, however many envelopes it lists, and drops it with the last', async () => {
    const store = await place.open();
    const three = ['a', 'b', 'c'].map((v) => ({
      ...envelopeOf('1'),
      version: v.repeat(64) as Version,
    }));
    await store.commit({ envelopes: three });
    const rows = () =>
      place.connect().prepare('SELECT COUNT(*) AS n FROM commits').get<{ n: number }>()?.n;
    expect(rows()).toBe(1);
    await store.commit({ removeEnvelopes: three.slice(1) });
    expect(rows()).toBe(1);
    await store.commit({ removeEnvelopes: three });
    expect(rows()).toBe(0);
  });

  it('refuses more waiting writes than its limit, and writes those it took', async () => {
    const { GroupCommit, QUEUED_ITEMS } = await import('../src/group-commit.js');
    let written = 0;
    const group = new GroupCommit<number>(
      () => undefined,
      (items) => {
        written += items.length;
        return items.map(() => undefined);
      },
    );
    const taken = Array.from({ length: QUEUED_ITEMS }, (_, n) => group.add(n));
    await expect(group.add(0)).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    await Promise.all(taken);
    expect(written).toBe(QUEUED_ITEMS);
  });
});

describe('a storage call that fails', () => {
  const steps = ['first', 'second', 'third'];

  /** Runs the same story each time: open, three writes, a compaction, close. @returns what was saved */
  async function story(before: (sql: string) => void): Promise<readonly string[]> {
    const store = await place.open(watched(before));
    const saved: string[] = [];
    try {
      const [known] = await Promise.allSettled([
        store.commit({ ...segmentBatch('1'), updates: [] }),
      ]);
      if (known.status === 'rejected') return saved;
      const outcomes = await Promise.allSettled(steps.map((step) => append(store, step)));
      for (const [i, { status }] of outcomes.entries())
        if (status === 'fulfilled') saved.push(steps[i] as string);
      await Promise.allSettled([compact(store)]);
    } finally {
      await store.close();
    }
    return saved;
  }

  /** Replaces the log by a snapshot that says the same. */
  async function compact(store: ReplicaStore): Promise<void> {
    const guid = guidOf('1');
    const through = (await store.document(guid))?.log.at(-1)?.number ?? 0;
    const snapshot = bytes((await log(store)).join());
    await store.commit({ snapshots: [{ guid, snapshot, through }], prune: [{ guid, through }] });
  }

  async function held(store: ReplicaStore): Promise<readonly string[]> {
    const snapshot = text((await store.document(guidOf('1')))?.snapshot);
    return [...snapshot.split(',').filter((step) => step !== ''), ...(await log(store))];
  }

  async function countStatements(): Promise<number> {
    let count = 0;
    await story(() => count++);
    return count;
  }

  it.each([
    ['alone', (n: number, failing: number) => n === failing],
    ['and every later one', (n: number, failing: number) => n >= failing],
  ])(
    '[CP] %s leaves a store that loads, with exactly what was saved',
    { timeout: 60_000 },
    async (_name, fails) => {
      const total = await countStatements();
      expect(total).toBeGreaterThan(40);
      const root = place.directory;
      let refusals = 0;
      for (let failing = 1; failing <= total; failing++) {
        place.directory = join(root, `${failing}`);
        let n = 0;
        let saved: readonly string[] = [];
        try {
          saved = await story(() => {
            if (fails(++n, failing))
              throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
          });
        } catch (error) {
          expect(error).toMatchObject({ code: 'store_failed' });
          refusals++;
        }
        const store = await place.open();
        expect(await held(store), `statement ${failing}`).toEqual(saved);
        expect(store.damaged).toEqual([]);
        await store.close();
      }
      expect(refusals).toBeGreaterThan(5);
      place.directory = root;
    },
  );
});
