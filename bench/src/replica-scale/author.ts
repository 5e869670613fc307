import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Authored } from './author-process.js';
import { startChild } from './child.js';
import type { AuthoredReplica, Shape } from './shape.js';

/** Records after which the author's process ends and another goes on: writers come and go in a real mesh too. */
const SITTING = 20_000;

/** An authored replica, and what authoring its last stretch took. */
export interface Authoring extends AuthoredReplica {
  /** Undefined for a replica that an earlier run left in the cache. */
  readonly perSecond: number | undefined;
  /** Part of the time that went into signing. */
  readonly signingShare: number | undefined;
}

/**
 * Authors a replica through the product's own calls, or takes the one that an earlier run left. A
 * larger one goes on from the largest smaller one; interrupted authoring starts again from there.
 */
export async function authoredReplica(
  cache: string,
  shape: Shape,
  records: number,
  smaller: AuthoredReplica | undefined,
): Promise<Authoring> {
  const place = join(cache, `${shape.spread}-${shape.conversations}-${shape.agents}`, `${records}`);
  const note = join(place, 'authored.json');
  if (existsSync(note)) return JSON.parse(readFileSync(note, 'utf8')) as Authoring;
  const unfinished = `${place}.unfinished`;
  const data = join(unfinished, 'data');
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(place, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  if (smaller !== undefined) cpSync(smaller.data, data, { recursive: true });
  let oldest = smaller?.oldest;
  let ms = 0;
  let signing = 0;
  const start = smaller?.records ?? 0;
  for (let from = start; from < records; from += SITTING) {
    const sitting = await author(data, shape, from, Math.min(from + SITTING, records));
    oldest ??= sitting.first;
    ms += sitting.ms;
    signing += sitting.cost.signMs;
  }
  renameSync(unfinished, place);
  const replica: AuthoredReplica = {
    shape,
    records,
    data: join(place, 'data'),
    oldest: oldest as AuthoredReplica['oldest'],
  };
  const unmeasured: Authoring = { ...replica, perSecond: undefined, signingShare: undefined };
  writeFileSync(note, JSON.stringify(unmeasured));
  return { ...replica, perSecond: ((records - start) / ms) * 1000, signingShare: signing / ms };
}

async function author(data: string, shape: Shape, from: number, to: number): Promise<Authored> {
  const child = startChild('author', data);
  try {
    return await child.ask<Authored>({ kind: 'author', data, shape, from, to });
  } finally {
    await child.stop();
  }
}
