import type { RecordId } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { type OpenReplica, World } from './world.js';

const kinds = { kind: 'fact' } as const;

async function outstanding(replica: OpenReplica, id: RecordId): Promise<readonly string[]> {
  const status = await replica.memory.forgotten(id);
  return (status?.outstanding ?? [])
    .map(({ kind, holder }) => (kind === 'relay' ? 'relay' : holder))
    .sort();
}

/** Does this text lie anywhere on the machine's disk? */
function liesOn(world: World, name: string, text: string): boolean {
  const files = [...world.machine(name).disk.image().values()];
  return files.some((bytes) => Buffer.from(bytes).includes(text));
}

test('[DL] after a forget the holders say one by one that nothing is left, the absent one when it comes back', async () => {
  const world = new World();
  await world.serveRelay();
  const anna = await world.open('anna', { relay: true });
  const ben = await world.open('ben', { relay: true });
  const item = await anna.memory.create({ content: 'the door code is 4711', ...kinds });
  await ben.memory.create({ content: 'ben was here', ...kinds });
  await world.inStep(anna, ben);
  for (const name of ['anna', 'ben', 'relay']) expect(liesOn(world, name, '4711')).toBe(true);

  ben.setOffline(true);
  await anna.memory.forget(item.id);
  await world.eventually(
    'anna and the relay have said so',
    async () => (await outstanding(anna, item.id)).join() === ben.replica,
  );
  expect(liesOn(world, 'anna', '4711')).toBe(false);
  expect(liesOn(world, 'relay', '4711')).toBe(false);
  expect(liesOn(world, 'ben', '4711')).toBe(true);
  const [away] = (await anna.memory.forgotten(item.id))?.outstanding ?? [];
  expect(away).toMatchObject({ kind: 'replica', agents: [ben.agent.id], scrubbed: false });
  expect(Date.parse(away?.seenAt ?? '')).toBeLessThanOrEqual(world.time.now());

  ben.setOffline(false);
  await world.eventually(
    'nobody is outstanding',
    async () => (await outstanding(anna, item.id)).length === 0,
  );
  expect(liesOn(world, 'ben', '4711')).toBe(false);
  expect(await ben.memory.get(item.id)).toBeUndefined();
  expect(await outstanding(ben, item.id)).toEqual([]);
});

test('[DL] earlier values, and copies that come after the tombstone, are scrubbed like the rest', async () => {
  const world = new World();
  const anna = await world.open('anna', { answers: true });
  const ben = await world.open('ben', { dials: ['anna'] });
  const task = await anna.tasks.create({ title: 'first-secret', notes: 'second-secret' });
  await anna.tasks.update(task.id, { notes: 'third-secret' });
  await world.inStep(anna, ben);
  ben.setOffline(true);
  await ben.tasks.update(task.id, { notes: 'late-secret' });
  await anna.tasks.forget(task.id);
  await anna.scrub();
  for (const text of ['first-secret', 'second-secret', 'third-secret'])
    expect(liesOn(world, 'anna', text)).toBe(false);
  ben.setOffline(false);
  await world.eventually(
    'both have scrubbed',
    async () => (await anna.tasks.forgotten(task.id))?.outstanding.length === 0,
  );
  await world.eventually('the late copy is gone too', () =>
    ['anna', 'ben'].every((name) => !liesOn(world, name, '-secret')),
  );
});

test('[CP] a replica that dies at any call of the disk between forget and receipt scrubs when it is opened again', async () => {
  for (let call = 1; ; call++) {
    const world = new World(call);
    const anna = await world.open('anna');
    const item = await anna.memory.create({ content: 'the-forgotten-text', ...kinds });
    const kept = await anna.memory.create({ content: 'the-kept-text', ...kinds });
    const { disk } = world.machine('anna');
    let end: 'dead' | 'done' | undefined;
    disk.onCrash(() => {
      end = 'dead';
    });
    disk.planFault(call, 'power');
    anna.memory
      .forget(item.id)
      .saved.then(() => anna.scrub())
      .then(() => {
        end ??= 'done';
      })
      .catch(() => undefined);
    await world.eventually('it is done, or dead', () => end !== undefined);
    disk.clearFaults();
    if (end === 'done') {
      expect(call).toBeGreaterThan(5);
      return;
    }
    const again = await world.open('anna');
    await again.memory.forget(item.id).saved.catch(() => undefined);
    await again.scrub();
    expect(liesOn(world, 'anna', 'the-forgotten-text')).toBe(false);
    expect((await again.memory.get(kept.id))?.content).toBe('the-kept-text');
    expect(await outstanding(again, item.id)).toEqual([]);
  }
});

test('[DL] an item that was forgotten is not created again by an import, nor after a scrub', async () => {
  const world = new World();
  const anna = await world.open('anna');
  const id = 'i0-abcdefgh-2026-01.abcdefghijklmnopqrstuvwxyz' as RecordId;
  await anna.tasks.import({ id, input: { title: 'imported', ref: 'x:1' } });
  await anna.tasks.forget(id);
  await anna.scrub();
  await expect(anna.tasks.import({ id, input: { title: 'imported' } }).saved).rejects.toMatchObject(
    {
      code: 'not_found',
    },
  );
  expect(await anna.tasks.get(id)).toBeUndefined();
});

test('what was never forgotten has no status; a record of this device alone is scrubbed by this device alone', async () => {
  const world = new World();
  const anna = await world.open('anna');
  const item = await anna.memory.create({ content: 'kept', ...kinds });
  expect(await anna.memory.forgotten(item.id)).toBeUndefined();
  const local = anna.memory.in('local/notes');
  const note = await local.create({ content: 'for-my-eyes', ...kinds });
  await local.forget(note.id);
  await anna.scrub();
  const status = await local.forgotten(note.id);
  expect(status?.holders).toMatchObject([
    { kind: 'replica', holder: anna.replica, scrubbed: true },
  ]);
  expect(liesOn(world, 'anna', 'for-my-eyes')).toBe(false);
});
