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

export interface ReplicaScaleOptions {
  /** Authored replicas are kept here for the next run: a million records take minutes to author. */
  readonly cache: string;
  readonly sizes: readonly number[];
  readonly repeat: number;
  readonly shape?: Partial<Shape>;
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
  readonly records: number;
  readonly authoredPerSecond: number | undefined;
  readonly signingShare: number | undefined;
  readonly diskMb: number;
  readonly opening: Readonly<Record<keyof Opening, Summary>>;
}

export interface DeliveryResult {
  readonly records: number;
  readonly agents: number;
  readonly figures: Readonly<Record<keyof Delivery, Summary>>;
}

export interface ReplicaScaleResult {
  readonly shape: Shape;
  readonly sizes: readonly SizeResult[];
  readonly deliveries: readonly DeliveryResult[];
}

/**
 * S9: authors replicas of each size, measures each in fresh processes, sizes interleaved, then
 * offline writes and their delivery: by one agent, and by fifty that sign a commit for each record.
 */
export async function runReplicaScale(options: ReplicaScaleOptions): Promise<ReplicaScaleResult> {
  const { cache, sizes, repeat, writes = 200, offlineWrites = 10_000, log, flags = [] } = options;
  const shape = { ...defaultShape, ...options.shape };
  const kept = await keptUnder(cache);
  const replicas: Authoring[] = [];
  for (const records of [...sizes].sort((a, b) => a - b)) {
    log?.(`authoring ${records} records`);
    replicas.push(await authoredReplica(kept, shape, records, replicas.at(-1)));
  }
  const runs = new Map<number, Opening[]>(replicas.map(({ records }) => [records, []]));
  for (let n = 0; n < repeat; n++) {
    for (const replica of replicas) {
      log?.(`opening ${replica.records} records, ${n + 1} of ${repeat}`);
      runs.get(replica.records)?.push(await measureOpening(replica, writes, flags));
    }
  }
  return {
    shape,
    sizes: replicas.map((replica) => sizeResult(replica, runs.get(replica.records) ?? [])),
    deliveries: offlineWrites === 0 ? [] : await deliveries(options, offlineWrites),
  };
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
  return kinds.map(({ agents, runs }) => ({ records, agents, figures: summariesOf(runs) }));
}

function sizeResult(replica: Authoring, runs: readonly Opening[]): SizeResult {
  return {
    records: replica.records,
    authoredPerSecond: replica.perSecond,
    signingShare: replica.signingShare,
    diskMb: megabytes(bytesIn(join(replica.data, 'replicas'))),
    opening: summariesOf(runs),
  };
}
