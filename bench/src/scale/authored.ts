import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../replica-scale/child.js';
import { keptUnder } from '../replica-scale/kept.js';
import type { AuthorScaleRequest } from './author-scale-process.js';

/** Authored replicas are kept here for the next run. */
export const scaleCache = join(tmpdir(), 'mnemesh-bench', 'scale');

/** The data directory of a replica of so many of these, from an earlier run where there is one. */
export async function authored(
  cache: string,
  kind: AuthorScaleRequest['kind'],
  count: number,
): Promise<string> {
  const place = join(await keptUnder(cache), `${kind}-${count}`);
  if (existsSync(place)) return place;
  console.error(`authoring ${count} ${kind}`);
  const unfinished = `${place}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const child = startChild('../scale/author-scale', unfinished);
  try {
    await child.ask({ kind, data: unfinished, count } satisfies AuthorScaleRequest);
  } finally {
    await child.stop();
  }
  renameSync(unfinished, place);
  return place;
}
