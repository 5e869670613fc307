import { expect, test } from 'vitest';
import { startCountingProxy } from './counting-proxy.js';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from './place.js';

test('replicas outlive a restart of the relay: they come back, and what they wrote meanwhile is acked [ND] [PR]', async () => {
  const directory = await temporaryDirectory();
  const first = await startRelay(directory);
  const a = await startReplica(await temporaryDirectory(), 'a', first.url);
  const b = await startReplica(await temporaryDirectory(), 'b', first.url);
  await a.memory.create({ content: 'Before.' }).acked;
  for (let restart = 0; restart < 3; restart++) {
    const relay = restart === 0 ? first : await startRelay(directory, first.port);
    await expect.poll(() => a.status.synced && b.status.synced, { timeout: 20_000 }).toBe(true);
    await relay.close();
    await expect.poll(() => a.status.transports[0]?.links).toBe(0);
    await a.memory.create({ content: `Of a, relay gone ${restart}.` });
    await b.memory.create({ content: `Of b, relay gone ${restart}.` });
    expect(a.status.synced).toBe(false);
    expect(a.status.unacked).toBeGreaterThan(0);
  }
  await startRelay(directory, first.port);
  await Promise.all([a.acked(), b.acked()]);
  await expect.poll(() => a.status.synced && b.status.synced, { timeout: 20_000 }).toBe(true);
  const contents = await contentsOf(a);
  expect(contents).toHaveLength(7);
  expect(await contentsOf(b)).toEqual(contents);
}, 60_000);

test('links that break without a word, at any moment of writing, lose nothing and double nothing [ND] [ID]', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const proxy = await startCountingProxy(relay.url);
  const a = await startReplica(await temporaryDirectory(), 'a', proxy.url);
  const b = await startReplica(await temporaryDirectory(), 'b', relay.url);
  const expected: string[] = [];
  // Writing outlasts several links, however fast it goes.
  for (let n = 0; n < 60 || proxy.connections.length < 5; n++) {
    expected.push(`Of a ${n}.`, `Of b ${n}.`);
    await Promise.all([
      a.memory.create({ content: `Of a ${n}.` }),
      b.memory.create({ content: `Of b ${n}.` }),
    ]);
    if (n % 6 === 3) proxy.cut();
  }
  await Promise.all([a.acked(), b.acked()]);
  for (const mesh of [a, b]) {
    await expect.poll(() => contentsOf(mesh), { timeout: 20_000 }).toEqual([...expected].sort());
  }
}, 60_000);

test('a link that dies in mid-resume goes on where it was, until everything is here [ND] [ID] [PR]', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const writer = await startReplica(await temporaryDirectory(), 'writer', relay.url);
  const names = Array.from({ length: 20 }, (_, n) => `team/n${n}`);
  const content = 'y'.repeat(20_000);
  await Promise.all(names.map((name) => writer.memory.in(name).create({ content })));
  await writer.acked();

  const proxy = await startCountingProxy(relay.url);
  proxy.downBytesAllowed = 60_000;
  const reader = await startReplica(await temporaryDirectory(), 'reader', proxy.url);
  await expect.poll(() => proxy.connections.length, { timeout: 20_000 }).toBeGreaterThan(3);
  const held = reader.status.segments.known;
  expect(held).toBeGreaterThan(2);
  proxy.downBytesAllowed = undefined;
  await expect.poll(() => reader.status.synced, { timeout: 30_000 }).toBe(true);
  for (const name of names) expect(await contentsOf(reader, name)).toEqual([content]);

  reader.setOffline(true);
  await Promise.all(names.map((name) => writer.memory.in(name).create({ content: `${content}2` })));
  await writer.acked();
  proxy.downBytesAllowed = 60_000;
  reader.setOffline(false);
  // No link ever lasts as long as the whole would take.
  await expect.poll(() => reader.status.synced, { timeout: 60_000 }).toBe(true);
  for (const name of names)
    expect(await contentsOf(reader, name)).toEqual([content, `${content}2`]);
}, 120_000);
