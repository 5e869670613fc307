import { expect, test } from 'vitest';
import { inSync, startRelay, startReplica, temporaryDirectory } from './place.js';

test('what one agent writes, the other reads, and each write says what it has reached', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const planner = await startReplica(await temporaryDirectory(), 'planner', relay.url);
  const reviewer = await startReplica(await temporaryDirectory(), 'reviewer', relay.url);

  const write = planner.tasks.create({ title: 'Read the design', priority: 1, tags: ['docs'] });
  const task = await write;
  await write.acked;
  await write.synced;
  await expect.poll(() => reviewer.tasks.get(task.id)).toEqual(task);
});

test('two replicas offline write the same field: both values are listed, the same one is chosen [CF] [CV]', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const a = await startReplica(await temporaryDirectory(), 'a', relay.url);
  const b = await startReplica(await temporaryDirectory(), 'b', relay.url);
  const task = await a.tasks.create({ title: 'Choose a name', priority: 2 });
  await a.acked();
  await inSync(b);
  expect(await b.tasks.get(task.id)).toEqual(task);

  a.setOffline(true);
  b.setOffline(true);
  await a.tasks.update(task.id, { priority: 0 });
  await b.tasks.update(task.id, { priority: 9, title: 'Choose a good name' });
  a.setOffline(false);
  b.setOffline(false);
  await Promise.all([a.acked(), b.acked()]);
  await Promise.all([inSync(a), inSync(b)]);

  const [seenByA, seenByB] = await Promise.all([a.tasks.get(task.id), b.tasks.get(task.id)]);
  expect(seenByA).toEqual(seenByB);
  expect(seenByA?.title).toBe('Choose a good name');
  expect(seenByA?.conflicts).toHaveLength(1);
  const [conflict] = seenByA?.conflicts ?? [];
  expect([conflict?.chosen.value, conflict?.others[0]?.value].sort()).toEqual([0, 9]);

  await a.tasks.update(task.id, { priority: 3 });
  await a.acked();
  await expect.poll(async () => (await b.tasks.get(task.id))?.conflicts).toEqual([]);
  expect((await b.tasks.get(task.id))?.priority).toBe(3);
});
