import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of its own for one test, gone after it. */
export async function temporaryPlace(): Promise<string> {
  const place = await realpath(await mkdtemp(join(tmpdir(), 'mnemesh-test-')));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  return place;
}
