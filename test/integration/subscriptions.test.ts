import { expect, test } from 'vitest';
import { startCountingProxy } from './counting-proxy.js';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from './place.js';

const KILOBYTE = 'x'.repeat(1_000);

test('a replica gets what its globs name and the directory, and not a byte of the rest [AU]', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const writer = await startReplica(await temporaryDirectory(), 'writer', relay.url);
  await writer.tasks.create({ title: 'Shared with all' });
  await writer.memory.in('agents/writer/memory').create({ content: KILOBYTE.repeat(50) });
  await writer.memory.in('team/one').create({ content: 'One.' });
  await writer.memory.in('team/two/deep').create({ content: 'Deep.' });
  await writer.acked();

  const proxy = await startCountingProxy(relay.url);
  const globs = ['shared/tasks', 'team/*'];
  const reader = await startReplica(await temporaryDirectory(), 'reader', proxy.url, {
    subscription: { globs },
  });
  await expect.poll(() => reader.status.synced).toBe(true);
  expect((await reader.tasks.list()).map(({ title }) => title)).toEqual(['Shared with all']);
  expect(await contentsOf(reader, 'team/one')).toEqual(['One.']);
  expect(await contentsOf(reader, 'team/two/deep')).toEqual([]);
  expect(await contentsOf(reader, 'agents/writer/memory')).toEqual([]);
  expect(reader.status.segments.known).toBe(3);
  expect((await reader.agents()).map(({ name }) => name)).toEqual(['writer']);
  expect(proxy.connections[0]?.down).toBeLessThan(10_000);

  await writer.memory.in('agents/writer/memory').create({ content: KILOBYTE.repeat(50) });
  const task = await writer.tasks.create({ title: 'Live, too' });
  await writer.acked();
  await expect.poll(() => reader.tasks.get(task.id)).toEqual(task);
  expect(proxy.connections[0]?.down).toBeLessThan(12_000);
});

test('a replica that subscribes to more later gets what it had left out', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const writer = await startReplica(await temporaryDirectory(), 'writer', relay.url);
  await writer.tasks.create({ title: 'At first' });
  await writer.memory.create({ content: 'Later on.' });
  await writer.acked();
  const directory = await temporaryDirectory();
  const narrow = await startReplica(directory, 'reader', relay.url, {
    subscription: { globs: ['shared/tasks'] },
  });
  await expect.poll(() => narrow.status.synced).toBe(true);
  expect(await narrow.tasks.count()).toBe(1);
  expect(await narrow.memory.count()).toBe(0);
  await narrow.close();

  const wide = await startReplica(directory, 'reader', relay.url);
  await expect.poll(() => contentsOf(wide)).toEqual(['Later on.']);
  expect(await wide.tasks.count()).toBe(1);
});

test('a replica of limited reach holds the newest, and fetches an older record when it is asked for', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const writer = await startReplica(await temporaryDirectory(), 'writer', relay.url, {
    limits: { records: 10 },
  });
  const items = [];
  for (let n = 0; n < 60; n++) {
    items.push(await writer.memory.create({ content: `${n} ${KILOBYTE}` }));
  }
  await writer.acked();

  const proxy = await startCountingProxy(relay.url);
  const reader = await startReplica(await temporaryDirectory(), 'reader', proxy.url, {
    subscription: { reach: { bytes: 30_000 } },
  });
  const [oldest, newest] = [items[0], items.at(-1)];
  await expect.poll(() => reader.memory.get(newest?.id as never)).toEqual(newest);
  await expect.poll(() => reader.memory.count()).toBe(20);
  expect(reader.status.awaited).toBe(4);
  expect(proxy.connections[0]?.down).toBeLessThan(40_000);

  expect(await reader.memory.get(oldest?.id as never)).toBeUndefined();
  await expect.poll(() => reader.memory.get(oldest?.id as never)).toEqual(oldest);
  expect(await reader.memory.count()).toBe(30);
  expect(reader.status.awaited).toBe(3);
});

test('what a replica writes outside its subscription reaches the relay all the same', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const narrow = await startReplica(await temporaryDirectory(), 'narrow', relay.url, {
    subscription: { globs: ['shared/tasks'] },
  });
  const reader = await startReplica(await temporaryDirectory(), 'reader', relay.url);
  const write = narrow.memory.in('reports/weekly').create({ content: 'All is well.' });
  await write;
  await write.acked;
  await expect.poll(() => narrow.status.unacked).toBe(0);
  await expect.poll(() => contentsOf(reader, 'reports/weekly')).toEqual(['All is well.']);
});
