import { importedRecordId, MessageAssembler } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { World } from './world.js';

/** Whether a promise has settled, and how, without waiting for it. */
function watched(promise: PromiseLike<unknown>): { state: 'pending' | 'done' | string } {
  const seen = { state: 'pending' };
  promise.then(
    () => {
      seen.state = 'done';
    },
    (error: { readonly code?: string }) => {
      seen.state = error.code ?? String(error);
    },
  );
  return seen;
}

test('a write is saved without a relay, and acked once there is one [ND]', async () => {
  const world = new World();
  const a = await world.open('a', { relay: true });
  const write = a.memory.create({ content: 'Written alone.' });
  const [acked, synced, all] = [watched(write.acked), watched(write.synced), watched(a.acked())];
  const item = await write;
  expect(await a.memory.get(item.id)).toEqual(item);
  await world.time.advance(30_000);
  expect([acked.state, synced.state, all.state]).toEqual(['pending', 'pending', 'pending']);
  expect(a.status).toMatchObject({ unsaved: 0, unacked: 2, synced: false });

  await world.serveRelay();
  await world.eventually('it is acked', () => acked.state === 'done' && synced.state === 'done');
  await world.eventually('all is acked', () => all.state === 'done');
  expect(a.status).toMatchObject({ unacked: 0, synced: true });
});

test('no write is acked before the relay has said that it is durable there [ND]', async () => {
  const world = new World();
  world.machine('relay').disk.latency = { minMs: 50, maxMs: 90 };
  await world.complete(world.serveRelay());
  const a = await world.open('a', { relay: true });
  await world.eventually('linked', () => a.status.synced);
  const frames: string[] = [];
  const assembler = new MessageAssembler();
  world.network.watch(({ event, from, frame }) => {
    if (event !== 'arrived' || from !== 'relay' || frame === undefined) return;
    frames.push(assembler.receive(frame)?.type ?? 'part');
  });
  const write = a.memory.create({ content: 'Kept by two.' });
  const acked = watched(write.acked);
  await write;
  await world.eventually('the first durable', () => {
    if (!frames.includes('durable')) expect(acked.state).toBe('pending');
    return acked.state === 'done';
  });
  expect(frames).toContain('durable');
});

test('what waits for an ack is told when the mesh closes first, and nobody has to listen', async () => {
  const world = new World();
  const a = await world.open('a', { relay: true });
  const write = a.memory.create({ content: 'Never acked.' });
  const [acked, synced, all] = [watched(write.acked), watched(write.synced), watched(a.acked())];
  await write;
  await a.memory.create({ content: 'Nobody looks at this one.' });
  await a.close();
  await world.time.settle();
  expect([acked.state, synced.state, all.state]).toEqual(['closed', 'closed', 'closed']);
  await expect(write.acked).rejects.toMatchObject({ code: 'closed' });
});

test('a write that fails says so to whoever asks, at whatever stage, and to nobody else', async () => {
  const world = new World();
  const a = await world.open('a');
  const asked = a.tasks.create({ title: '' });
  a.tasks.create({ title: '' }); // nobody awaits it
  await world.time.settle();
  await expect(asked).rejects.toMatchObject({ code: 'bad_input' });
  await expect(asked.acked).rejects.toMatchObject({ code: 'bad_input' });
  await expect(asked.synced).rejects.toMatchObject({ code: 'bad_input' });
});

test('a write is synced when a peer holds the same, without any relay', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const write = a.memory.create({ content: 'For b.' });
  const [acked, synced] = [watched(write.acked), watched(write.synced)];
  const { id } = await write;
  await world.time.advance(5_000);
  expect(synced.state).toBe('pending');
  const b = await world.open('b', { dials: ['a'] });
  await world.eventually('it is synced', () => synced.state === 'done');
  expect(await b.memory.get(id)).toBeDefined();
  expect(acked.state).toBe('pending');
});

test('what was acked survives the loss of the replica that wrote it [ND]', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true });
  const writes = ['One.', 'Two.', 'Three.'].map((content) => a.memory.create({ content }));
  await world.complete(Promise.all(writes.map((write) => write.acked)));
  world.machine('a').crash('power');
  world.machine('a').disk.restore(new Map());
  const b = await world.open('b', { relay: true });
  await world.inStep(b);
  const contents = (await b.memory.list()).map(({ content }) => content);
  expect(contents.sort()).toEqual(['One.', 'Three.', 'Two.']);
});

test('what was saved survives a crash in the next moment [ND] [CP]', async () => {
  const world = new World(3);
  for (let n = 0; n < 8; n++) {
    const a = await world.open('a');
    await a.memory.create({ content: `Saved ${n}.` });
    const unsaved = a.memory.create({ content: `Perhaps ${n}.` });
    watched(unsaved);
    world.machine('a').crash('power');
    const again = await world.open('a');
    const contents = (await again.memory.list()).map(({ content }) => content);
    for (let k = 0; k <= n; k++) expect(contents).toContain(`Saved ${k}.`);
    await again.close();
  }
});

test('an import that finds the record there is saved and acked no sooner than that record [ND]', async () => {
  const world = new World();
  const a = await world.open('a', { relay: true });
  const { disk } = world.machine('a');
  const bring = (source: string) => {
    const id = importedRecordId('beads', 'bd', source, '2026-01');
    return a.tasks.import({ id, input: { title: source } });
  };
  disk.latency = { minMs: 50, maxMs: 50 };
  const first = bring('bd-1');
  await world.time.advance(20);
  const second = bring('bd-1');
  const saved = [watched(first), watched(second)];
  await world.time.advance(20);
  expect(saved.map(({ state }) => state)).toEqual(['pending', 'pending']);
  await world.complete(second);
  expect(saved[0]?.state).toBe('done');
  const acked = watched(bring('bd-1').acked);
  await world.time.advance(10_000);
  expect(acked.state).toBe('pending');
  await world.complete(world.serveRelay());
  await world.eventually('it is acked', () => acked.state === 'done');
});

test('a write is synced once the relay holds all of its document, also what came by another path [PR]', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true, answers: true });
  const b = await world.open('b', { relay: true, dials: ['a'] });
  await a.memory.create({ content: 'Held by all.' });
  await world.inStep(a, b);

  // b's item comes directly; before a passes it on to the relay, the relay has it from b.
  world.network.stall('relay', 'a');
  await b.memory.create({ content: 'By two paths.' });
  await world.eventually('it came directly', async () => (await a.memory.count()) === 2);
  world.network.partition(['a'], ['b']);
  world.network.heal('relay', 'a');
  const write = a.memory.create({ content: 'Written at once.' });
  const [acked, synced] = [watched(write.acked), watched(write.synced)];
  await world.eventually('it is acked', () => acked.state === 'done');
  expect(synced.state).toBe('pending');
  // Less than any housekeeping takes to begin.
  await world.time.advance(1_000);
  expect(synced.state).toBe('done');
});
