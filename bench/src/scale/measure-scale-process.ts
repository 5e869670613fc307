import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Mesh } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { answerRequests } from '../replica-scale/child.js';
import { MESH } from '../replica-scale/shape.js';
import { type QueryKind, queriesOf, queryKinds } from './queries.js';

export type MeasureScaleRequest =
  | {
      readonly kind: 'recall';
      readonly data: string;
      readonly records: number;
      /** Of each kind. */
      readonly queries: number;
    }
  | { readonly kind: 'ready' | 'conflicts'; readonly data: string; readonly repeat: number }
  | { readonly kind: 'scrub'; readonly data: string; readonly forgets: readonly number[] };

/** Milliseconds and megabytes. */
export interface MeasuredRecall {
  readonly openMs: number;
  /** Of `openMs` and the newest 50, one recall and one saved write. */
  readonly usableMs: number;
  readonly rssOpenMb: number;
  readonly liveOpenMb: number;
  readonly rssAfterMb: number;
  readonly liveAfterMb: number;
  readonly times: Readonly<Record<QueryKind, readonly number[]>>;
}

export interface MeasuredCalls {
  readonly openMs: number;
  readonly firstMs: number;
  readonly laterMs: readonly number[];
  /** After one more record changed. */
  readonly afterChangeMs: number;
  readonly found: number;
}

export interface MeasuredScrub {
  readonly scrubs: readonly {
    readonly forgotten: number;
    readonly forgetMs: number;
    readonly scrubMs: number;
    readonly storeMb: number;
  }[];
}

/** Not measured: what is compiled and cached with the first calls. */
const WARMING = 10;

answerRequests(async (request: MeasureScaleRequest) => {
  switch (request.kind) {
    case 'recall':
      return measureRecall(request.data, request.records, request.queries);
    case 'ready':
      return measureCalls(
        request.data,
        request.repeat,
        ({ tasks }) => tasks.ready({ limit: 10 }),
        ({ tasks }) => tasks.create({ title: 'One more' }),
      );
    case 'conflicts':
      return measureCalls(
        request.data,
        request.repeat,
        ({ conflicts }) => conflicts.list({ limit: 10 }),
        ({ memory }) => memory.create({ content: 'One more', topic: 'topic 0' }),
      );
    case 'scrub':
      return measureScrub(request.data, request.forgets);
  }
});

function open(data: string): Promise<Mesh> {
  return openMesh({ mesh: MESH, agent: 'ana', data, relay: 'none', holder: 'none' });
}

async function measureRecall(
  data: string,
  records: number,
  count: number,
): Promise<MeasuredRecall> {
  const began = performance.now();
  const mesh = await open(data);
  const openMs = performance.now() - began;
  await mesh.memory.list();
  const [rssOpenMb, liveOpenMb] = memoryInUse();
  const paused = performance.now();
  await mesh.recall('w3 w500');
  await mesh.memory.create({ content: 'A saved write' });
  const usableMs = openMs + performance.now() - paused;
  const times = {} as Record<QueryKind, number[]>;
  for (const kind of Object.keys(queryKinds) as QueryKind[]) {
    const asked = queriesOf(kind, count + WARMING, records);
    const all: number[] = [];
    for (const { query, options } of asked)
      all.push(await timed(async () => mesh.recall(query, options)));
    times[kind] = all.slice(WARMING);
  }
  const [rssAfterMb, liveAfterMb] = memoryInUse();
  await mesh.close();
  return { openMs, usableMs, rssOpenMb, liveOpenMb, rssAfterMb, liveAfterMb, times };
}

async function measureCalls(
  data: string,
  repeat: number,
  ask: (mesh: Mesh) => Promise<readonly unknown[]>,
  change: (mesh: Mesh) => PromiseLike<unknown>,
): Promise<MeasuredCalls> {
  const began = performance.now();
  const mesh = await open(data);
  const openMs = performance.now() - began;
  let found = 0;
  const firstMs = await timed(async () => {
    found = (await ask(mesh)).length;
  });
  const laterMs: number[] = [];
  for (let n = 0; n < repeat; n++) laterMs.push(await timed(() => ask(mesh)));
  await change(mesh);
  const afterChangeMs = await timed(() => ask(mesh));
  await mesh.close();
  return { openMs, firstMs, laterMs, afterChangeMs, found };
}

/** Forgets the newest items that are there, some at once, and rewrites what lies on the disk. */
async function measureScrub(data: string, forgets: readonly number[]): Promise<MeasuredScrub> {
  const mesh = await open(data);
  const scrubs = [];
  for (const forgotten of forgets) {
    const items = await mesh.memory.list({ limit: forgotten });
    const forgetMs = await timed(() => Promise.all(items.map(({ id }) => mesh.memory.forget(id))));
    const scrubMs = await timed(() => mesh.scrub());
    const path = join(data, 'replicas', MESH, 'replica.db');
    scrubs.push({ forgotten, forgetMs, scrubMs, storeMb: statSync(path).size / 2 ** 20 });
  }
  await mesh.close();
  return { scrubs };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function memoryInUse(): readonly [rss: number, live: number] {
  global.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return [rss / 2 ** 20, (heapUsed + external) / 2 ** 20];
}
