import type { Mesh } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import type { RecordId } from '@mnemesh/protocol';
import { summarize } from '../measure/summary.js';
import { answerRequests } from './child.js';
import { cpuMsSince } from './cpu.js';
import { type AuthoredReplica, agentName, COMMON_WORD, MESH, RARE_WORD } from './shape.js';
import { textOf } from './texts.js';

export interface OpeningRequest {
  readonly kind: 'open';
  readonly replica: AuthoredReplica;
  /** Single saved writes, one after another, of which the median is told. */
  readonly writes: number;
}

/** Milliseconds, and megabytes. */
export interface Opening {
  readonly openMs: number;
  readonly newestMs: number;
  readonly recallMs: number;
  readonly oldestMs: number;
  readonly firstWriteMs: number;
  /** From the call of `openMesh` until all of the above is done. */
  readonly totalMs: number;
  /** What the processor spent on it: what a busy machine does not change. */
  readonly totalCpuMs: number;
  /** After opening and the newest 50: nobody has asked for history yet. */
  readonly rssMb: number;
  readonly liveMb: number;
  /** After recall, the oldest record and a write. */
  readonly rssAfterMb: number;
  readonly liveAfterMb: number;
  readonly writeMs: number;
  readonly writeToReadMs: number;
  readonly commonRecallMs: number;
  readonly countMs: number;
}

answerRequests(async (request: OpeningRequest) => measure(request));

async function measure({ replica, writes }: OpeningRequest): Promise<Opening> {
  const { data, oldest } = replica;
  const started = performance.now();
  const cpu = process.cpuUsage();
  const lap = laps();
  const mesh = await openMesh({ mesh: MESH, agent: agentName(0), data, relay: 'none' });
  const openMs = lap();
  const memory = memoryOf(mesh, oldest.namespace);
  expect((await memory.list()).length > 0, 'the newest records');
  const newestMs = lap();
  const pause = process.cpuUsage();
  const before = memoryInUse();
  lap();
  const pausedCpu = cpuMsSince(pause);
  const unmeasured = performance.now() - started - openMs - newestMs;
  const { hits } = await mesh.recall(RARE_WORD);
  expect(hits.length === 1 && hits[0]?.id === oldest.id, 'the only record with the rare word');
  const recallMs = lap();
  expect((await memory.get(oldest.id as RecordId)) !== undefined, 'the oldest record');
  const oldestMs = lap();
  await memory.create({ content: textOf(-1), kind: 'fact' });
  const firstWriteMs = lap();
  const totalMs = performance.now() - started - unmeasured;
  const totalCpuMs = cpuMsSince(cpu) - pausedCpu;
  const after = memoryInUse();
  const steady = await steadyState(mesh, memory, writes);
  await mesh.close();
  return {
    openMs,
    newestMs,
    recallMs,
    oldestMs,
    firstWriteMs,
    totalMs,
    totalCpuMs,
    rssMb: before.rss,
    liveMb: before.live,
    rssAfterMb: after.rss,
    liveAfterMb: after.live,
    ...steady,
  };
}

async function steadyState(
  mesh: Mesh,
  memory: Mesh['memory'],
  writes: number,
): Promise<Pick<Opening, 'writeMs' | 'writeToReadMs' | 'commonRecallMs' | 'countMs'>> {
  const saved: number[] = [];
  const read: number[] = [];
  for (let n = 0; n < writes; n++) {
    const lap = laps();
    const { id } = await memory.create({ content: textOf(-2 - n), kind: 'fact' });
    saved.push(lap());
    expect((await memory.get(id)) !== undefined, 'what was written');
    read.push(lap());
  }
  const lap = laps();
  await memory.count();
  const countMs = lap();
  const recalls: number[] = [];
  for (let n = 0; n < 5; n++) {
    const each = laps();
    await mesh.recall(`${COMMON_WORD} ${n}`);
    recalls.push(each());
  }
  return {
    writeMs: summarize(saved).median,
    writeToReadMs: summarize(saved.map((ms, n) => ms + (read[n] ?? 0))).median,
    commonRecallMs: summarize(recalls).median,
    countMs,
  };
}

function memoryOf(mesh: Mesh, namespace: string): Mesh['memory'] {
  return namespace === mesh.memory.namespace ? mesh.memory : mesh.memory.in(namespace);
}

/** Each call tells the milliseconds since the one before. */
function laps(): () => number {
  let from = performance.now();
  return () => {
    const now = performance.now();
    const ms = now - from;
    from = now;
    return ms;
  };
}

function memoryInUse(): { readonly rss: number; readonly live: number } {
  const { rss } = process.memoryUsage();
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { rss: rss / 2 ** 20, live: (heapUsed + external) / 2 ** 20 };
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The replica did not give ${what}.`);
}
