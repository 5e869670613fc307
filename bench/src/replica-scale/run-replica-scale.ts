import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytesIn, megabytes } from '../measure/process-usage.js';
import { type Summary, summariesOf } from '../measure/summary.js';
import { type Authoring, authoredReplica } from './author.js';
import { startChild } from './child.js';
import { type Delivery, measureDelivery } from './delivery.js';
import { copyOf, keptUnder } from './kept.js';
import type { Opening } from './opening-process.js';
import { type AuthoredReplica, defaultShape, type Shape } from './shape.js';

/** So many records in replicas of one shape. */
export interface ScaleSeries {
  readonly shape: Partial<Shape>;
  readonly sizes: readonly number[];
}

export interface ReplicaScaleOptions {
  /** Authored replicas are kept here for the next run: a million records take minutes to author. */
  readonly cache: string;
  readonly series: readonly ScaleSeries[];
  readonly repeat: number;
  /** Single saved writes for the median. */
  readonly writes?: number;
  /** Records written offline and delivered; 0 leaves delivery out. */
  readonly offlineWrites?: number;
  /** Told what is under way. */
  readonly log?: (line: string) => void;
  /** Flags of Node for the measured processes: `--cpu-prof`. */
  readonly flags?: readonly string[];
}

export interface SizeResult {
  readonly shape: Shape;
  readonly records: number;
  readonly authoredPerSecond: number | undefined;
  readonly signingShare: number | undefined;
  readonly diskMb: number;
  readonly runs: readonly Opening[];
  readonly opening: Readonly<Record<keyof Opening, Summary>>;
}

export interface DeliveryResult {
  readonly records: number;
  readonly agents: number;
  readonly runs: readonly Delivery[];
  readonly figures: Readonly<Record<keyof Delivery, Summary>>;
}

export interface ReplicaScaleResult {
  readonly sizes: readonly SizeResult[];
  readonly deliveries: readonly DeliveryResult[];
}

/**
 * S9: authors replicas of each shape and size, measures each in fresh processes, all of them in turns, then
 * offline writes and their delivery: by one agent, and by fifty that sign a commit for each record.
 */
export async function runReplicaScale(options: ReplicaScaleOptions): Promise<ReplicaScaleResult> {
  const { repeat, writes = 200, offlineWrites = 10_000, log, flags = [] } = options;
  const replicas = await authoredReplicas(options);
  const measured = replicas.map((replica) => ({ replica, runs: [] as Opening[] }));
  for (let n = 0; n < repeat; n++) {
    for (const { replica, runs } of measured) {
      log?.(`opening ${told(replica)}, ${n + 1} of ${repeat}`);
      runs.push(await measureOpening(replica, writes, flags));
    }
  }
  return {
    sizes: measured.map(({ replica, runs }) => sizeResult(replica, runs)),
    deliveries: offlineWrites === 0 ? [] : await deliveries(options, offlineWrites),
  };
}

/** The larger ones of a shape go on from the smaller ones. */
async function authoredReplicas({
  cache,
  series,
  log,
}: ReplicaScaleOptions): Promise<readonly Authoring[]> {
  const kept = await keptUnder(cache);
  const replicas: Authoring[] = [];
  for (const { shape: wanted, sizes } of series) {
    const shape = { ...defaultShape, ...wanted };
    let smaller: Authoring | undefined;
    for (const records of [...sizes].sort((a, b) => a - b)) {
      log?.(`authoring ${told({ shape, records })}`);
      smaller = await authoredReplica(kept, shape, records, smaller);
      replicas.push(smaller);
    }
  }
  return replicas;
}

function told({ shape, records }: Pick<AuthoredReplica, 'shape' | 'records'>): string {
  return `${records} records in ${shape.conversations} conversations`;
}

/** In a copy, of which nothing is left: each measurement writes some hundred records. */
async function measureOpening(
  { shape, records, data, oldest }: AuthoredReplica,
  writes: number,
  flags: readonly string[],
): Promise<Opening> {
  const copy = copyOf(data);
  const child = startChild('opening', copy, flags);
  try {
    const replica: AuthoredReplica = { shape, records, data: copy, oldest };
    return await child.ask<Opening>({ kind: 'open', replica, writes });
  } finally {
    await child.stop();
    rmSync(copy, { recursive: true, force: true });
  }
}

async function deliveries(
  { cache, repeat, log, flags }: ReplicaScaleOptions,
  records: number,
): Promise<readonly DeliveryResult[]> {
  const kinds = [1, 50].map((agents) => ({ agents, runs: [] as Delivery[] }));
  for (let n = 0; n < repeat; n++) {
    for (const { agents, runs } of kinds) {
      log?.(`${records} offline writes of ${agents} agents, ${n + 1} of ${repeat}`);
      runs.push(await measureDelivery(cache, records, agents, flags));
    }
  }
  return kinds.map(({ agents, runs }) => ({
    records,
    agents,
    runs,
    figures: summariesOf(runs),
  }));
}

function sizeResult(replica: Authoring, runs: readonly Opening[]): SizeResult {
  return {
    shape: replica.shape,
    records: replica.records,
    authoredPerSecond: replica.perSecond,
    signingShare: replica.signingShare,
    diskMb: megabytes(bytesIn(join(replica.data, 'replicas'))),
    runs,
    opening: summariesOf(runs),
  };
}
