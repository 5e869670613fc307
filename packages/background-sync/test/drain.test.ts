import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMesh } from '@mnemesh/open-mesh';
import { serve } from '@mnemesh/server';
import { expect, onTestFinished, test } from 'vitest';
import { DRAIN_MS, drain } from '../src/index.js';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-drain-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Time that passes when the test says so. */
class Clock {
  readonly #waiting = new Map<() => void, number>();

  readonly after = (ms: number, run: () => void): (() => void) => {
    this.#waiting.set(run, ms);
    return () => this.#waiting.delete(run);
  };

  /** @returns for how many milliseconds each of those that wait would have waited */
  get waits(): readonly number[] {
    return [...this.#waiting.values()];
  }

  pass(): void {
    for (const run of [...this.#waiting.keys()]) run();
  }
}

/** A mesh with a write that no relay has. */
async function written(): Promise<string> {
  const data = await temporaryDirectory();
  const mesh = await openMesh({ mesh: 'team', agent: 'tab', data, holder: 'none' });
  await mesh.memory.create({ content: 'Not sent yet.' });
  await mesh.close();
  return data;
}

test('[ND] a drain opens the mesh, has everything acked, and closes it', async () => {
  const data = await written();
  const relay = await serve({ port: 0, host: '127.0.0.1', data: await temporaryDirectory() });
  onTestFinished(() => relay.close());
  const clock = new Clock();
  const settings = { mesh: 'team', agent: 'tab', relay: relay.url };
  await drain(settings, (given) => openMesh({ ...given, data, holder: 'none' }), clock);
  expect(clock.waits).toEqual([]);

  const reader = await openMesh({
    ...settings,
    agent: 'reader',
    data: await temporaryDirectory(),
    holder: 'none',
  });
  onTestFinished(() => reader.close());
  await expect
    .poll(async () => (await reader.memory.list()).map(({ content }) => content))
    .toEqual(['Not sent yet.']);
});

test('[PR] a drain that no relay takes ends by itself, says so, and closes the mesh', async () => {
  const data = await written();
  const clock = new Clock();
  const settings = { mesh: 'team', agent: 'tab', relay: 'ws://127.0.0.1:9' };
  const drained = drain(settings, (given) => openMesh({ ...given, data, holder: 'none' }), clock);
  const refused = expect(drained).rejects.toMatchObject({
    code: 'relay_unavailable',
    retryable: true,
  });
  await expect.poll(() => clock.waits).toEqual([DRAIN_MS]);
  clock.pass();
  await refused;
  const again = await openMesh({ mesh: 'team', agent: 'tab', data, holder: 'none' });
  expect(again.status.unacked).toBeGreaterThan(0);
  await again.close();
});
