import { decodeElement } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { yjsView } from './document-view.js';
import { placeOf } from './scripted-peer.js';
import { type OpenReplica, World } from './world.js';

const NOTES = placeOf('shared/memory');

/** Signed commits and elements that a replica's memory segment holds. */
async function elementsAt(replica: OpenReplica) {
  const elements = (await yjsView(replica, NOTES)).getArray<Uint8Array>('e').toArray();
  const commits = elements.filter((element) => decodeElement(element).kind === 'commit');
  return { elements: elements.length, commits: commits.length };
}

test('a hundred writes at once share a signature and a few flushes of the disk', async () => {
  const world = new World();
  const a = await world.open('a');
  const before = world.machine('a').disk.calls;
  const writes = Array.from({ length: 100 }, (_, n) => a.memory.create({ content: `Item ${n}.` }));
  const items = await Promise.all(writes);
  expect(world.machine('a').disk.calls - before).toBeLessThan(30);
  const { elements, commits } = await elementsAt(a);
  expect(commits).toBeLessThanOrEqual(2);
  expect(elements).toBe(100 + commits - (commits === 2 ? 1 : 0));
  expect(new Set(items.map(({ id }) => id)).size).toBe(100);
  expect(await a.memory.count()).toBe(100);
});

test('a burst of long texts is spread over segments that every relay takes [BD] [ND]', async () => {
  const world = new World();
  await world.serveRelay({ documentBytes: 4_000_000 });
  const a = await world.open('a', { relay: true });
  const text = 'long '.repeat(40_000);
  const writes = Array.from({ length: 40 }, (_, n) => a.memory.create({ content: `${n} ${text}` }));
  await Promise.all(writes);
  await world.complete(Promise.all(writes.map((write) => write.acked)));
  expect(a.status.rejected).toEqual([]);
  const sizes = (await a.inner.store.documents()).map(({ bytes }) => bytes);
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
});

test('a write alone waits for no company, and is a commit of its own', async () => {
  const a = await new World().open('a');
  for (let n = 0; n < 5; n++) await a.memory.create({ content: `Item ${n}.` });
  expect(await elementsAt(a)).toEqual({ elements: 5, commits: 5 });
});

test('writes of two agents at once are never signed together', async () => {
  const world = new World();
  const a = await world.open('a');
  const b = await world.session(a, 'b');
  const writes = Array.from({ length: 20 }, (_, n) =>
    (n % 2 === 0 ? a : b).memory.create({ content: `Item ${n}.` }),
  );
  const items = await Promise.all(writes);
  items.forEach((item, n) => {
    expect(item.createdBy).toBe((n % 2 === 0 ? a : b).agent.id);
  });
});

test('one field written twice at once keeps the later value, and both calls resolve', async () => {
  const a = await new World().open('a');
  const { id } = await a.tasks.create({ title: 'x' });
  const writes = [1, 2, 3].map((priority) => a.tasks.update(id, { priority }));
  await Promise.all(writes);
  expect(await a.tasks.get(id)).toMatchObject({ priority: 3, conflicts: [] });
});
