import { randomBytes } from 'node:crypto';
import type { StoreBatch, StoredRecord } from '@mnemesh/core';
import type { Guid } from '@mnemesh/protocol';
import { benchInBrowser, openStoreInPage, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { bytes, guid, logged, openDemo, update } from './samples.js';

const bench = benchInBrowser(new URL('store-page.ts', import.meta.url));

const newPage = async (): Promise<TestPage> => (await bench.device()).open(bench.url);

interface Watched {
  readonly mostBytes: number;
  readonly rows: number;
  readonly mostChars: number;
  readonly writes: number;
}

test('a store is copied in pages of bytes, however large its rows are', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  for (let n = 0; n < 8; n++) {
    const updates = Array.from({ length: 5 }, () => ({
      guid,
      update: new Uint8Array(randomBytes(200_000)),
    }));
    await store.commit({ ...update(''), updates });
  }
  await page.call('watch');
  await store.erase([]);
  const { mostBytes, writes } = await page.call<Watched>('watched');
  expect(writes).toBeGreaterThan(7);
  expect(mostBytes).toBeLessThan(2 ** 20 + 200_001);
  expect((await store.document(guid))?.log).toHaveLength(40);
});

test('records are counted by state and namespace without reading them', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const records = Array.from({ length: 40 }, (_, n) =>
    record(n, n % 2 === 0 ? 'fact' : 'decision', n % 4 < 2 ? 'shared/memory' : 'shared/notes'),
  );
  await store.commit({ records });
  await page.call('watch');
  const asked = { collection: 'memory', state: 'fact' };
  expect(await store.count(asked)).toBe(20);
  expect(await store.count({ ...asked, namespaces: ['shared/notes' as never] })).toBe(10);
  expect(await store.count({ namespaces: ['shared/notes' as never] })).toBe(20);
  expect((await page.call<Watched>('watched')).rows).toBe(0);
  expect(await store.count({ state: 'fact', namespaces: ['shared/notes' as never] })).toBe(10);
});

test('the first search reads texts in pages of characters, however long they are', async () => {
  const page = await newPage();
  const store = await openStoreInPage(page, {
    prefix: 'mnemesh',
    mesh: 'demo' as never,
    indexed: true,
  });
  const text = 'word '.repeat(40_000);
  for (let n = 0; n < 30; n++)
    await store.commit({ records: [{ ...record(n, 'fact', 'shared/memory'), text }] });
  await page.call('watch');
  expect((await store.postings({ terms: ['word'] })).records).toBe(30);
  expect((await page.call<Watched>('watched')).mostChars).toBeLessThan(16 * text.length + 1);
});

test('records that lack a vector are sought among all of them once, and then among those put since', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const missing = async (): Promise<readonly string[]> =>
    [...(await store.vectors.missing('a model', 9)).values()].map(({ text }) => text);
  const embed = async (): Promise<void> => {
    const all = [...(await store.vectors.missing('a model', 99))];
    const made = all.map(([slot, one]) => ({ slot, record: one, vector: Float32Array.of(1, 0) }));
    await store.vectors.put('a model', made);
  };
  const put = (n: number, text: string) =>
    store.commit({ records: [{ ...record(n, 'fact', 'shared/memory'), text }] });
  for (let n = 0; n < 40; n++) await put(n, `text ${n}`);
  await embed();
  expect(await missing()).toEqual([]);
  await page.call('watch');
  expect(await missing()).toEqual([]);
  await put(41, 'one');
  await put(43, 'three');
  await put(42, 'two');
  await put(7, 'seven anew');
  expect(await missing()).toEqual(['three', 'two', 'one', 'seven anew']);
  await store.commit({
    removeRecords: [{ namespace: 'shared/memory' as never, id: '1.R42' as never }],
  });
  await Promise.all([missing(), put(44, 'four'), missing()]);
  expect(await missing()).toEqual(['four', 'three', 'one', 'seven anew']);
  await embed();
  expect(await missing()).toEqual([]);
  // The vector of the text that was changed.
  expect((await page.call<Watched>('watched')).rows).toBe(1);
});

test('a close that cannot make durable what was received says so', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(update('saved'));
  await store.commit({ ...update('received'), deferred: true });
  await page.call('abortWrites', 1);
  await store.close();
  expect(await page.call('logged')).toEqual([
    expect.stringMatching(/what was received last may not be on the disk/),
  ]);
  expect(await logged(await openDemo(page))).toContain('saved');
});

test('what is known of the relay is read whole while commits change it', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  const named = (n: number): Guid => `${n}`.padEnd(43, '-') as Guid;
  const step = (n: number): StoreBatch => ({
    cursor: { incarnation: 'ab'.repeat(16) as never, number: n, subscription: '**' },
    noLongerAwaited: [named(n - 1)],
    awaited: [{ ...awaitedPlace, guid: named(n), bytes: n }],
  });
  await store.commit(step(1));
  let isWriting = true;
  const writing = async (): Promise<void> => {
    for (let n = 2; n <= 60; n++) await store.commit(step(n));
  };
  const written = writing().finally(() => {
    isWriting = false;
  });
  while (isWriting) {
    const states = await Promise.all([store.syncState(), store.syncState(), store.syncState()]);
    for (const { cursor, awaited } of states)
      expect(awaited.map((one) => one.bytes)).toEqual([cursor?.number]);
  }
  await written;
});

test('a document is read whole while commits fold it', async () => {
  const page = await newPage();
  const store = await openDemo(page);
  await store.commit(update('0'));
  let isWriting = true;
  const writing = async (): Promise<void> => {
    for (let n = 1; n <= 40; n++) {
      await store.commit(update(`${n}`));
      const through = n + 1;
      await store.commit({
        snapshots: [{ guid, snapshot: bytes(`${n}`), through }],
        prune: [{ guid, through }],
      });
    }
  };
  const written = writing().finally(() => {
    isWriting = false;
  });
  while (isWriting) {
    const document = await store.document(guid);
    const first = document?.log[0]?.number ?? Number.POSITIVE_INFINITY;
    expect(first).toBeGreaterThan(document?.snapshotThrough ?? 0);
    if (document?.snapshot === undefined) continue;
    const through = Number(new TextDecoder().decode(document.snapshot)) + 1;
    expect(document.snapshotThrough).toBe(through);
  }
  await written;
  expect(store.damaged).toEqual([]);
});

function record(n: number, state: string, namespace: string): StoredRecord {
  return {
    namespace: namespace as never,
    id: `1.R${n}` as never,
    guid,
    collection: 'memory',
    created: n as never,
    updated: n as never,
    archived: false,
    conflicted: false,
    state,
    ref: undefined,
    thread: undefined,
    position: undefined,
    text: 'text',
    view: '{}',
  };
}

const awaitedPlace = { namespace: 'shared/memory' as never, segment: '1' as never };
