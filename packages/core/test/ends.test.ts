import { homeSegment, type Namespace, type RecordId, type SegmentName } from '@mnemesh/protocol';
import { encodeUtf8 } from 'lib0/string';
import { expect, test } from 'vitest';
import { Session } from '../src/session.js';
import { type OpenReplica, World } from './world.js';

const MEMORY = 'shared/memory';
const kinds = { kind: 'fact' } as const;

async function contents(replica: OpenReplica): Promise<readonly string[]> {
  const items = await replica.memory.list({ limit: 1_000 });
  return items.map(({ content }) => content).sort();
}

function liesOn(world: World, name: string, text: string): boolean {
  const files = [...world.machine(name).disk.image().values()];
  return files.some((bytes) => Buffer.from(bytes).includes(text));
}

test('[DL] [ND] a purge deletes what there was everywhere, and what an absent replica wrote meanwhile is all there when it returns', async () => {
  const world = new World();
  await world.serveRelay();
  const anna = await world.open('anna', { relay: true });
  const ben = await world.open('ben', { relay: true });
  await anna.memory.create({ content: 'old one', ...kinds });
  const seen = await ben.memory.create({ content: 'old two', ...kinds });
  await world.inStep(anna, ben);

  ben.setOffline(true);
  const first = await ben.memory.create({ content: 'unsent one', tags: ['x'], ...kinds });
  await ben.memory.create({ content: 'unsent two', supersedes: [first.id], ...kinds });
  const gone = await ben.memory.create({ content: 'unsent and forgotten', ...kinds });
  await ben.memory.forget(gone.id);
  await ben.memory.archive(seen.id);
  const purge = await anna.purge(MEMORY);
  expect(purge).toMatchObject({ namespace: MEMORY, floor: 2, segments: 1 });
  expect(await contents(anna)).toEqual([]);
  const fresh = await anna.memory.create({ content: 'after the purge', ...kinds });
  expect(fresh.id).toMatch(/^2\./);
  await world.eventually(
    'the relay has purged too',
    async () =>
      (await anna.purged(MEMORY))?.outstanding.map(({ holder }) => holder).join() === ben.replica,
  );
  for (const name of ['anna', 'relay']) expect(liesOn(world, name, 'old one')).toBe(false);

  ben.setOffline(false);
  await world.inStep(anna, ben);
  for (const replica of [anna, ben])
    expect(await contents(replica)).toEqual(['after the purge', 'unsent one', 'unsent two']);
  const items = await anna.memory.list();
  const one = items.find(({ content }) => content === 'unsent one');
  const two = items.find(({ content }) => content === 'unsent two');
  expect(one).toMatchObject({ id: first.id.replace(/^1\./, '2.'), tags: ['x'] });
  expect(one?.createdBy).toBe(ben.agent.id);
  expect(two?.supersedes).toEqual([one?.id]);
  expect((await anna.purged(MEMORY))?.outstanding).toEqual([]);
  for (const name of ['anna', 'ben', 'relay'])
    for (const text of ['old one', 'old two', 'unsent and forgotten'])
      expect(liesOn(world, name, text)).toBe(false);
  expect(await ben.memory.get(seen.id)).toBeUndefined();
  await expect(ben.memory.archive(seen.id).saved).rejects.toMatchObject({ code: 'not_found' });
});

test('[ND] what a purge had not seen is kept by the device that wrote it, though the relay had it and its agent has not come back', async () => {
  const world = new World();
  await world.serveRelay();
  const anna = await world.open('anna', { relay: true });
  const ben = await world.open('ben', { relay: true });
  await ben.memory.create({ content: 'old', ...kinds });
  await world.inStep(anna, ben);
  anna.setOffline(true);
  const second = await world.session(ben, 'carla');
  const write = second.memory.create({ content: 'unseen', ...kinds });
  await world.complete(write.acked);
  await ben.close();
  await anna.purge(MEMORY);
  anna.setOffline(false);
  await world.inStep(anna);
  const again = await world.open('ben', { relay: true });
  await world.inStep(anna, again);
  for (const replica of [anna, again]) expect(await contents(replica)).toEqual(['unseen']);
});

test('[PR] segments that a replica never fetched are not waited for once they are over', async () => {
  const world = new World();
  await world.serveRelay();
  const limits = { records: 2 };
  const anna = await world.open('anna', { relay: true, limits });
  for (const letter of ['a', 'b', 'c', 'd', 'e'])
    await anna.memory.create({ content: letter.repeat(20_000), ...kinds });
  await world.inStep(anna);
  const reach = { bytes: 15_000 };
  const ben = await world.open('ben', { relay: true, subscription: { reach } });
  await world.eventually('ben has the directory, and awaits the rest', async () => {
    return ben.status.awaited === 3 && (await ben.memory.list()).length === 0;
  });
  await anna.purge(MEMORY);
  await world.eventually('ben waits for none of it', async () => ben.status.awaited === 0);
  await ben.close();
  const again = await world.open('ben', { relay: true });
  await world.inStep(anna, again);
  expect(await contents(again)).toEqual([]);
});

test('[DL] what moved above a floor and was purged there stays away when a backup moves it once more', async () => {
  const world = new World();
  const anna = await world.open('anna', { answers: true });
  const carla = await world.open('carla', { dials: ['anna'], answers: true });
  const ben = await world.open('ben', { dials: ['anna'] });
  await anna.memory.create({ content: 'old', ...kinds });
  await world.inStep(anna, carla, ben);
  ben.setOffline(true);
  await ben.memory.create({ content: 'twice moved', ...kinds });
  const backup = world.machine('ben').disk.image();
  await anna.purge(MEMORY);
  await world.inStep(anna, carla);
  await carla.close();
  ben.setOffline(false);
  await world.eventually('it has moved', async () => (await contents(anna)).length === 1);
  await ben.close();
  await anna.purge(MEMORY);
  world.machine('ben').disk.restore(backup);
  // Nobody but carla, who knows of the first purge alone.
  const alone = await world.open('carla', { answers: true });
  const back = await world.open('ben', { dials: ['carla'] });
  await world.eventually('it moves again', async () =>
    (await back.memory.list()).some(({ id }) => id.startsWith('2.')),
  );
  await world.inStep(alone, back);
  await alone.close();
  await back.close();
  const again = await world.open('carla', { dials: ['anna'], answers: true });
  const last = await world.open('ben', { dials: ['carla'] });
  await world.inStep(anna, again, last);
  for (const replica of [anna, again, last]) expect(await contents(replica)).toEqual([]);
});

/** Writes a memory item as a move writes it: with the places where it was before. */
async function writeMoved(
  world: World,
  replica: OpenReplica,
  id: RecordId,
  content: string,
  origins: readonly object[],
): Promise<void> {
  const place = replica.inner.segments.place(MEMORY as Namespace, homeSegment(id));
  const agent = await world.agent('anna');
  const base = { collection: 'memory', values: { content, kind: 'fact' }, origins };
  await replica.inner.listed(place);
  await replica.inner.writes.write(place, {
    session: new Session(...replica.inner.sessions.parts(agent)),
    namespace: place.namespace,
    id,
    fields: [{ field: '', context: new Map(), data: encodeUtf8(JSON.stringify(base)) }],
    expects: 'new',
  });
}

test('[ND] of two records that were written at once, the one that a second purge had not seen is kept', async () => {
  const world = new World();
  const anna = await world.open('anna', { answers: true });
  const ben = await world.open('ben', { dials: ['anna'] });
  await anna.memory.create({ content: 'old', ...kinds });
  await world.inStep(anna, ben);
  ben.setOffline(true);
  const [one] = await Promise.all(
    ['one', 'two'].map((content) => ben.memory.create({ content, ...kinds })),
  );
  const id = one?.id as RecordId;
  const stored = await ben.inner.store.envelopes(MEMORY as Namespace, [id]);
  const { session, clock } = stored[0] as (typeof stored)[0];
  await anna.purge(MEMORY);
  // What anna has when the link breaks after the first of two moves.
  const moved = id.replace(/^1\./, '2.') as RecordId;
  await writeMoved(world, anna, moved, 'one', [{ segment: '1', session, clock }]);
  await anna.purge(MEMORY);
  ben.setOffline(false);
  await world.inStep(anna, ben);
  for (const replica of [anna, ben]) expect(await contents(replica)).toEqual(['two']);
});

test('[ND] what was written on a record that somebody else moved in the meantime moves as well', async () => {
  const world = new World();
  const anna = await world.open('anna', { answers: true });
  const ben = await world.open('ben', { dials: ['anna'], answers: true });
  const carla = await world.open('carla', { dials: ['ben'], answers: true });
  await anna.tasks.create({ title: 'old' });
  await world.inStep(anna, ben, carla);
  anna.setOffline(true);
  const task = await carla.tasks.create({ title: 'unseen' });
  await world.eventually('ben has it', async () => (await ben.tasks.get(task.id)) !== undefined);
  carla.setOffline(true);
  await carla.tasks.update(task.id, { notes: 'written apart' });
  await anna.purge('shared/tasks');
  anna.setOffline(false);
  await world.eventually('ben has moved it', async () => (await anna.tasks.list()).length === 1);
  carla.setOffline(false);
  await world.inStep(anna, ben, carla);
  for (const replica of [anna, ben, carla]) {
    const [moved] = await replica.tasks.list();
    expect(moved).toMatchObject({ title: 'unseen', notes: 'written apart' });
  }
});

test('[BD] names of places that nobody could have written do no harm to a purge', async () => {
  const world = new World();
  const anna = await world.open('anna');
  const origins = ['constructor', '__proto__'].map((segment) => ({
    segment,
    session: 'keys',
    clock: 1,
  }));
  await writeMoved(world, anna, '1.planted' as RecordId, 'planted', origins);
  const before = Object.keys;
  await anna.purge(MEMORY);
  const [after, polluted] = [Object.keys, ({} as Record<string, unknown>).keys];
  Object.keys = before;
  expect(after).toBe(before);
  expect(polluted).toBeUndefined();
});

test('[DL] a replica that was away for a purge between peers brings nothing back', async () => {
  const world = new World();
  const anna = await world.open('anna', { answers: true });
  const ben = await world.open('ben', { dials: ['anna'], answers: true });
  await anna.memory.create({ content: 'old', ...kinds });
  await world.inStep(anna, ben);
  ben.setOffline(true);
  await ben.memory.create({ content: 'unsent', ...kinds });
  await anna.purge(MEMORY);
  await anna.memory.create({ content: 'new', ...kinds });
  ben.setOffline(false);
  await world.inStep(anna, ben);
  expect(await contents(anna)).toEqual(['new', 'unsent']);
  expect(await contents(ben)).toEqual(['new', 'unsent']);
  const carla = await world.open('carla', { dials: ['ben'] });
  await world.inStep(ben, carla);
  expect(await contents(carla)).toEqual(['new', 'unsent']);
});

test('[CF] values that nobody had reconciled are all there after their record moved above the floor', async () => {
  const world = new World();
  await world.serveRelay();
  const anna = await world.open('anna', { relay: true });
  const ben = await world.open('ben', { relay: true });
  await anna.tasks.create({ title: 'old' });
  await world.inStep(anna, ben);
  ben.setOffline(true);
  const second = await world.session(ben, 'ben');
  const task = await ben.tasks.create({ title: 'unsent', notes: 'none' });
  await ben.tasks.update(task.id, { notes: 'ours' });
  await second.tasks.update(task.id, { notes: 'theirs' });
  await anna.purge('shared/tasks');
  ben.setOffline(false);
  await world.inStep(anna, ben);
  const [moved] = await anna.tasks.list();
  expect(moved?.title).toBe('unsent');
  const [conflict] = moved?.conflicts ?? [];
  const values = [conflict?.chosen, ...(conflict?.others ?? [])].map((value) => value?.value);
  expect(values.sort()).toEqual(['ours', 'theirs']);
});

test('a purge with a date leaves segments that hold anything younger', async () => {
  const world = new World();
  const limits = { records: 2 };
  const anna = await world.open('anna', { limits });
  for (const content of ['a', 'b', 'c']) await anna.memory.create({ content, ...kinds });
  await world.time.advance(60_000);
  const before = world.time.now();
  await world.time.advance(60_000);
  for (const content of ['d', 'e']) await anna.memory.create({ content, ...kinds });
  await anna.purge(MEMORY, { before });
  expect(await contents(anna)).toEqual(['c', 'd', 'e']);
  await expect(anna.purge(MEMORY, { before: Number.NaN })).rejects.toMatchObject({
    code: 'bad_input',
  });
});

test('an import after a purge goes above the floor, and lands at the same ids on every replica', async () => {
  const world = new World();
  const anna = await world.open('anna', { answers: true });
  const ben = await world.open('ben', { dials: ['anna'] });
  const id = 'i0-abcdefgh-2026-01.abcdefghijklmnopqrstuvwxyz' as RecordId;
  await anna.tasks.import({ id, input: { title: 'imported', ref: 'x:1' } });
  await anna.purge('shared/tasks');
  await world.inStep(anna, ben);
  const ours = await anna.tasks.import({ id, input: { title: 'imported', ref: 'x:1' } });
  const theirs = await ben.tasks.import({ id, input: { title: 'imported', ref: 'x:1' } });
  const { floor } = (await anna.purged('shared/tasks')) ?? { floor: 0 };
  expect(ours.id).toBe(id.replace('i0-', `i${floor}-`));
  expect(theirs.id).toBe(ours.id);
});

test('[DL] the ground below a floor stays closed after the replica is opened again', async () => {
  const world = new World();
  const anna = await world.open('anna');
  const item = await anna.memory.create({ content: 'old', ...kinds });
  await anna.purge(MEMORY);
  await anna.close();
  const again = await world.open('anna');
  expect(
    again.inner.ends.has({ namespace: MEMORY as Namespace, segment: '1' as SegmentName }),
  ).toBe(true);
  await expect(again.memory.archive(item.id).saved).rejects.toMatchObject({ code: 'not_found' });
  expect((await again.memory.create({ content: 'new', ...kinds })).id).toMatch(/^2\./);
});

test('[CP] [ND] a replica that dies at any call of the disk while it carries out a purge has carried it out when it is opened again', async () => {
  for (let call = 1; ; call++) {
    const world = new World(call);
    const anna = await world.open('anna', { answers: true });
    const ben = await world.open('ben', { dials: ['anna'] });
    await ben.memory.create({ content: 'the-old', ...kinds });
    await world.inStep(anna, ben);
    ben.setOffline(true);
    await ben.memory.create({ content: 'the-unsent', ...kinds });
    await anna.purge(MEMORY);
    const { disk } = world.machine('ben');
    let end: 'dead' | 'done' | undefined;
    disk.onCrash(() => {
      end = 'dead';
    });
    disk.planFault(call, 'power');
    ben.setOffline(false);
    await world.eventually('it is done, or dead', async () => {
      if (end === 'dead') return true;
      return (await anna.purged(MEMORY))?.outstanding.length === 0;
    });
    disk.clearFaults();
    const last = end === 'dead' ? await world.open('ben', { dials: ['anna'] }) : ben;
    await world.eventually('both have purged, and hold what was unsent', async () => {
      const done = (await anna.purged(MEMORY))?.outstanding.length === 0;
      return done && (await contents(anna)).join() === 'the-unsent';
    });
    expect(await contents(last)).toEqual(['the-unsent']);
    expect(liesOn(world, 'ben', 'the-old')).toBe(false);
    if (end !== 'dead') {
      expect(call).toBeGreaterThan(5);
      return;
    }
  }
});

test('what must be kept is not purged', async () => {
  const world = new World();
  const anna = await world.open('anna');
  for (const namespace of ['directory', 'directory/receipts', 'local/notes', '../x'])
    await expect(anna.purge(namespace)).rejects.toMatchObject({ code: 'bad_input' });
  expect(await anna.purged(MEMORY)).toBeUndefined();
});

test('with a retention, segments end when all in them is done with and old; a late copy does not bring them back', async () => {
  const world = new World();
  await world.serveRelay();
  const limits = { records: 2 };
  const anna = await world.open('anna', { relay: true, limits });
  const ben = await world.open('ben', { relay: true, limits });
  const tasks = anna.tasks;
  const [a, b, c] = [
    await tasks.create({ title: 'a', status: 'completed' }),
    await tasks.create({ title: 'b' }),
    await tasks.create({ title: 'c', status: 'canceled' }),
  ];
  await tasks.create({ title: 'd' });
  await tasks.create({ title: 'e', status: 'completed' });
  expect([a, b, c].map(({ id }) => id.split('.')[0])).toEqual(['1', '1', '2']);
  await world.inStep(anna, ben);
  ben.setOffline(true);
  await anna.retain('shared/tasks', 0.02);
  expect(await anna.tasks.count()).toBe(5);
  await tasks.update(b.id, { status: 'completed' });
  await world.time.advance(31 * 60_000);
  await anna.inner.retention.check();
  const titles = async (of: OpenReplica) =>
    (await of.tasks.list()).map(({ title }) => title).sort();
  expect(await titles(anna)).toEqual(['c', 'd', 'e']);
  ben.setOffline(false);
  await world.inStep(anna, ben);
  expect(await titles(ben)).toEqual(['c', 'd', 'e']);
  await expect(anna.retain('shared/tasks', 0)).rejects.toMatchObject({ code: 'bad_input' });
  await anna.retain('shared/tasks', undefined);
});

test('a record whose id was given out before its segment was over comes to be above the floor [ND]', async () => {
  const world = new World();
  const a = await world.open('a');
  await a.memory.create({ content: 'Is over soon.' });
  const id = await a.memory.newId();
  await world.complete(a.purge('shared/memory'));
  const item = await world.complete(a.memory.create({ content: 'Stays.' }, { id }));
  expect(item.id).not.toBe(id);
  expect(item.id.endsWith(id.slice(id.indexOf('.')))).toBe(true);
  expect((await a.memory.list()).map(({ content }) => content)).toEqual(['Stays.']);
  // Asked a second time, it is the same record.
  expect((await world.complete(a.memory.create({ content: 'Stays.' }, { id }))).id).toBe(item.id);
  expect(await a.memory.count()).toBe(1);
});
