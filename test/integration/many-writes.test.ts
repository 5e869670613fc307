import { expect, test } from 'vitest';
import { startCountingProxy } from './counting-proxy.js';
import { startRelay, startReplica, temporaryDirectory } from './place.js';

const WRITES = 10_000;

test('ten thousand writes made offline are delivered, and a fresh replica gets them by stored bytes [ND] [PR]', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const writer = await startReplica(await temporaryDirectory(), 'writer', relay.url);
  writer.setOffline(true);
  const numbers = Array.from({ length: WRITES }, (_, n) => n);
  await Promise.all(numbers.map((n) => writer.memory.create({ content: `Item ${n}.` })));
  expect(await writer.memory.count()).toBe(WRITES);
  expect(writer.status.unacked).toBeGreaterThan(1);

  writer.setOffline(false);
  await writer.acked();
  await expect.poll(() => writer.status.unacked).toBe(0);
  const { counters } = relay.relay.status();
  expect(counters.gaps).toBe(0);
  expect(counters.denied).toBe(0);
  await writer.close();

  const proxy = await startCountingProxy(relay.url);
  const reader = await startReplica(await temporaryDirectory(), 'reader', proxy.url);
  await expect.poll(() => reader.memory.count(), { timeout: 60_000 }).toBe(WRITES);
  await expect.poll(() => reader.status.synced, { timeout: 60_000 }).toBe(true);
  const contents = new Set<string>();
  let before: Parameters<typeof reader.memory.list>[0] = {};
  for (;;) {
    const page = await reader.memory.list({ limit: 1_000, ...before });
    const last = page.at(-1);
    if (last === undefined) break;
    for (const { content } of page) contents.add(content);
    before = { before: last };
  }
  expect(contents.size).toBe(WRITES);
  // It asks by name and sends nothing back of what it was given.
  expect(proxy.connections).toHaveLength(1);
  expect(proxy.connections[0]?.up).toBeLessThan(20_000);
}, 180_000);
