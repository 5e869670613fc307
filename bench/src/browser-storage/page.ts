import type { ReplicaStore, ReplicaStoreOpener } from '@mnemesh/core';
import type { Guid, MeshId, Namespace, SegmentName } from '@mnemesh/protocol';
import { openIndexedDbStore } from '@mnemesh/storage-indexeddb';
import { openYIndexedDbStore } from '@mnemesh/storage-y-indexeddb';
import { answerCalls, faultCalls, pageRuntime } from '@mnemesh/testing-browser/page';
import { IndexeddbPersistence } from 'y-indexeddb';
import { Doc } from 'yjs';

/** Bytes of the one element that each document holds. */
const ELEMENT_BYTES = 300;

/** Milliseconds of what a page does with its documents. */
export interface StorageTimes {
  /** Until the store is open and one document is loaded. */
  readonly firstMs: number;
  /** Loading the others, all asked for at once. */
  readonly restMs: number;
  /** One write to each, all at once, until the last is saved; stock y-indexeddb cannot tell, and is closed for it. */
  readonly writeMs: number;
  /** One write after the other to twenty of them, each; stock y-indexeddb cannot tell. */
  readonly serialMs?: number;
}

const openers: Readonly<Record<string, ReplicaStoreOpener>> = {
  indexeddb: openIndexedDbStore({ runtime: pageRuntime }),
  'y-indexeddb': openYIndexedDbStore({ runtime: pageRuntime }),
};

const guidOf = (n: number): Guid => `${n}`.padEnd(43, '-') as Guid;
const SERIAL = 20;

function element(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(ELEMENT_BYTES));
}

function update(): Uint8Array {
  const doc = new Doc();
  let bytes = new Uint8Array();
  doc.once('update', (one: Uint8Array) => {
    bytes = new Uint8Array(one);
  });
  doc.getArray('elements').push([element()]);
  return bytes;
}

function write(store: ReplicaStore, n: number): Promise<void> {
  const document = {
    guid: guidOf(n),
    namespace: 'shared/memory' as Namespace,
    segment: `${n}` as SegmentName,
  };
  return store.commit({
    documents: [document],
    updates: [{ guid: document.guid, update: update() }],
  });
}

const all = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

async function measureStore(kind: string, count: number): Promise<StorageTimes> {
  const open = openers[kind] as ReplicaStoreOpener;
  let store: ReplicaStore | undefined;
  const opened = (): ReplicaStore => store as ReplicaStore;
  const firstMs = await timed(async () => {
    store = await open('bench' as MeshId);
    await store.document(guidOf(0));
  });
  const rest = all(count).slice(1);
  const restMs = await timed(() => Promise.all(rest.map((n) => opened().document(guidOf(n)))));
  const writeMs = await timed(() => Promise.all(all(count).map((n) => write(opened(), n))));
  const serial = await timed(async () => {
    for (const n of all(Math.min(SERIAL, count))) await write(opened(), n);
  });
  await opened().close();
  return { firstMs, restMs, writeMs, serialMs: serial / Math.min(SERIAL, count) };
}

interface Stock {
  readonly doc: Doc;
  readonly persistence: IndexeddbPersistence;
}

async function openStock(n: number): Promise<Stock> {
  const doc = new Doc();
  const persistence = new IndexeddbPersistence(`stock ${n}`, doc);
  await persistence.whenSynced;
  return { doc, persistence };
}

const push = ({ doc }: Stock): void => doc.getArray('elements').push([element()]);

async function measureStock(count: number): Promise<StorageTimes> {
  const stocks: Stock[] = [];
  const firstMs = await timed(async () => {
    stocks.push(await openStock(0));
  });
  const restMs = await timed(async () => {
    stocks.push(...(await Promise.all(all(count).slice(1).map(openStock))));
  });
  const writeMs = await timed(async () => {
    for (const stock of stocks) push(stock);
    await Promise.all(stocks.map(({ persistence }) => persistence.destroy()));
  });
  return { firstMs, restMs, writeMs };
}

answerCalls({
  ...faultCalls,
  author: async (kind: string, count: number) => {
    if (kind === 'stock') {
      const stocks = await Promise.all(all(count).map(openStock));
      for (const stock of stocks) push(stock);
      await Promise.all(stocks.map(({ persistence }) => persistence.destroy()));
      return;
    }
    const store = await (openers[kind] as ReplicaStoreOpener)('bench' as MeshId);
    await Promise.all(all(count).map((n) => write(store, n)));
    await store.close();
  },
  measure: (kind: string, count: number) =>
    kind === 'stock' ? measureStock(count) : measureStore(kind, count),
});
