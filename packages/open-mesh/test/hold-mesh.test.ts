import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cappedLog, findHolder, holderFile, holdMesh, openMesh } from '../src/index.js';
import { temporaryPlace } from './temporary-place.js';

const IDLE_MS = 12_345;
const MESH = 'atlas' as never;

/** A runtime whose idle timers go off when the test says so. */
function idleRuntime(): { readonly runtime: Runtime; goOff(): void; readonly set: number } {
  const timers = new Set<() => void>();
  const node = nodeRuntime();
  const runtime: Runtime = {
    ...node,
    after: (ms, run) => {
      if (ms !== IDLE_MS) return node.after(ms, run);
      timers.add(run);
      return () => timers.delete(run);
    },
  };
  return {
    runtime,
    goOff: () => {
      for (const run of timers) run();
    },
    get set() {
      return timers.size;
    },
  };
}

describe('a process that only holds', () => {
  test('stays while it has guests, and ends a while after the last one', async () => {
    const data = await temporaryPlace();
    const idle = idleRuntime();
    const held = await holdMesh(
      { mesh: MESH, data, relay: undefined },
      { idleMs: IDLE_MS, runtime: idle.runtime },
    );
    onTestFinished(() => held.close());
    expect(idle.set).toBe(1);
    const guest = await openMesh({ mesh: 'atlas', agent: 'planner', data });
    expect(idle.set).toBe(0);
    await guest.memory.create({ content: 'Kept' });
    await guest.close();
    await expect.poll(() => idle.set).toBe(1);
    idle.goOff();
    await held.ended;
    expect(await findHolder(data, 'atlas')).toEqual({ state: 'absent' });
    const next = await openMesh({ mesh: 'atlas', agent: 'planner', data });
    onTestFinished(() => next.close());
    expect(await next.memory.count()).toBe(1);
  });

  test('is one, when two begin at once', async () => {
    const data = await temporaryPlace();
    const settings = { mesh: MESH, data, relay: undefined };
    const begun = await Promise.allSettled([holdMesh(settings), holdMesh(settings)]);
    const held = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    onTestFinished(async () => {
      await Promise.all(held.map((one) => one.close()));
    });
    expect(held).toHaveLength(1);
    expect(begun.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'store_in_use' },
    });
  });
});

test('a mesh opened apart is held by a process of its own, which is started once for many [ND]', async () => {
  const data = await temporaryPlace();
  const names = ['ann', 'bob', 'carl'];
  const meshes = await Promise.all(
    names.map((agent) => openMesh({ mesh: 'atlas', agent, data, holder: 'apart', relay: 'none' })),
  );
  const found = await findHolder(data, 'atlas');
  expect(found).toMatchObject({ state: 'alive', report: { guests: 3 } });
  const pid = found.state === 'alive' ? found.report.pid : 0;
  expect(pid).not.toBe(process.pid);
  const [ann, bob] = meshes;
  const item = await ann?.memory.create({ content: 'Shared' });
  expect(await bob?.memory.get(item?.id as never)).toEqual(item);

  process.kill(pid, 'SIGKILL');
  const later = await bob?.memory.create({ content: 'After it died' });
  expect(await ann?.memory.get(later?.id as never)).toEqual(later);
  const next = await findHolder(data, 'atlas');
  expect(next.state === 'alive' ? next.report.pid : pid).not.toBe(pid);
  await Promise.all(meshes.map((mesh) => mesh.close()));
  if (next.state === 'alive') process.kill(next.report.pid, 'SIGTERM');
  // It is out of reach first, and ends when its store is closed.
  await expect
    .poll(() => readFile(holderFile(data, 'atlas', 'log'), 'utf8'), { timeout: 30_000 })
    .toMatch(/info holding.*info left/s);
  expect(await findHolder(data, 'atlas')).toEqual({ state: 'absent' });
});

test('a holder that cannot open the store says why', async () => {
  const data = await temporaryPlace();
  await writeFile(join(data, 'replicas'), 'a file where a directory should be');
  const opening = openMesh({ mesh: 'atlas', agent: 'ann', data, holder: 'apart' });
  await expect(opening).rejects.toMatchObject({ code: 'store_failed' });
});

test('the log of a holder stays under its bound, and keeps what came last [BD]', async () => {
  const path = join(await temporaryPlace(), 'hold', 'atlas.log');
  const log = cappedLog({ path, now: () => 0, mostBytes: 2_000 });
  for (let n = 0; n < 200; n++) log('info', `line ${n}`, { n });
  log('debug', 'not written');
  expect((await stat(path)).size).toBeLessThanOrEqual(2_000);
  expect((await stat(`${path}.1`)).size).toBeLessThanOrEqual(2_000);
  expect(await readFile(path, 'utf8')).toMatch(
    /1970-01-01T00:00:00.000Z \d+ info line 199 {"n":199}\n$/,
  );
});
