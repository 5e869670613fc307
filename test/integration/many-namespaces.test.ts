import { randomBytes } from 'node:crypto';
import type { Mesh } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { type CountingProxy, startCountingProxy, type Traffic } from './counting-proxy.js';
import { startRelay, startReplica, temporaryDirectory } from './place.js';
import { type WatchedRuntime, watchedRuntime } from './watched-runtime.js';

const NAMESPACES = 500;
/** One kilobyte of text that nothing could compress. */
const CONTENT_BYTES = 1024;

const nameOf = (n: number): string => `team/n${String(n).padStart(3, '0')}`;
const kilobyte = (): string => randomBytes(CONTENT_BYTES / 2).toString('hex');

interface CountedReplica {
  readonly mesh: Mesh;
  readonly proxy: CountingProxy;
  readonly runtime: WatchedRuntime;
}

async function startCountedReplica(
  name: string,
  relay: string,
  directory: string,
): Promise<CountedReplica> {
  const runtime = watchedRuntime();
  const proxy = await startCountingProxy(relay);
  // Housekeeping runs sooner than it would, so that all it may send is counted.
  const limits = { sweepDelayMs: 200 };
  const mesh = await startReplica(directory, name, proxy.url, { runtime, limits });
  return { mesh, proxy, runtime };
}

/** Two replicas, each over one socket of its own, that share 500 namespaces and have nothing left to say. */
async function shareNamespaces(): Promise<{
  readonly near: CountedReplica;
  readonly far: CountedReplica;
  /** Opens the first one again, in another process as it were. */
  readonly reopenNear: () => Promise<CountedReplica>;
}> {
  const relay = await startRelay(await temporaryDirectory());
  const directory = await temporaryDirectory();
  const near = await startCountedReplica('near', relay.url, directory);
  const far = await startCountedReplica('far', relay.url, await temporaryDirectory());
  const reopenNear = () => startCountedReplica('near', relay.url, directory);
  const names = Array.from({ length: NAMESPACES }, (_, n) => n);
  await Promise.all(
    names.map((n) => {
      const { mesh } = n % 2 === 0 ? near : far;
      return mesh.memory.in(nameOf(n)).create({ content: `What is known of ${n}.` });
    }),
  );
  await Promise.all([near.mesh.acked(), far.mesh.acked()]);
  await quiet(near);
  await quiet(far);
  for (const { mesh } of [near, far]) {
    for (const n of [0, 1, NAMESPACES - 2, NAMESPACES - 1])
      await expect.poll(() => mesh.memory.in(nameOf(n)).count()).toBe(1);
    expect(mesh.status.segments.known).toBe(NAMESPACES + 1);
  }
  return { near, far, reopenNear };
}

/** In step, and with no sweep, put-back or delayed push to come. */
async function quiet({ mesh, runtime }: CountedReplica): Promise<void> {
  await expect
    .poll(() => mesh.status.synced && runtime.planned === 0, { timeout: 30_000 })
    .toBe(true);
}

test('of 500 shared namespaces one changed by 1 kB: reconnecting takes one round trip and under 2 kB', async () => {
  const { near, far, reopenNear } = await shareNamespaces();
  expect([near, far].map(({ proxy }) => proxy.connections.length)).toEqual([1, 1]);

  near.mesh.setOffline(true);
  const theirs = await far.mesh.memory.in(nameOf(123)).create({ content: kilobyte() });
  await far.mesh.acked();
  await quiet(far);
  near.mesh.setOffline(false);
  await expect.poll(() => near.mesh.memory.in(nameOf(123)).get(theirs.id)).toEqual(theirs);
  await Promise.all([quiet(near), quiet(far)]);

  expect(near.proxy.connections).toHaveLength(2);
  const fetched = near.proxy.connections[1] as Traffic;
  expect(fetched.turns).toEqual(['up', 'down']);
  expect(fetched.up + fetched.down).toBeLessThan(2_000);

  near.mesh.setOffline(true);
  const ours = await near.mesh.memory.in(nameOf(456)).create({ content: kilobyte() });
  near.mesh.setOffline(false);
  await near.mesh.acked();
  await expect.poll(() => far.mesh.memory.in(nameOf(456)).get(ours.id)).toEqual(ours);
  await Promise.all([quiet(near), quiet(far)]);

  // What a replica lacks comes first; its own change goes up in a second round trip, which ends with the ack.
  expect(near.proxy.connections).toHaveLength(3);
  const brought = near.proxy.connections[2] as Traffic;
  expect(brought.turns).toEqual(['up', 'down', 'up', 'down']);
  expect(brought.up + brought.down).toBeLessThan(2_000);
  expect(far.proxy.connections).toHaveLength(1);

  await near.mesh.close();
  const last = await far.mesh.memory.in(nameOf(7)).create({ content: kilobyte() });
  await far.mesh.acked();
  const reopened = await reopenNear();
  await expect.poll(() => reopened.mesh.memory.in(nameOf(7)).get(last.id)).toEqual(last);
  await quiet(reopened);
  const [caughtUp] = reopened.proxy.connections as readonly [Traffic];
  expect(caughtUp.turns).toEqual(['up', 'down']);
  expect(caughtUp.up + caughtUp.down).toBeLessThan(2_000);
}, 120_000);
