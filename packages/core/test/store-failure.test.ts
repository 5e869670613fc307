import type { Guid, Namespace, Runtime, SegmentName } from '@mnemesh/protocol';
import { simulatedReplicaStore } from '@mnemesh/testing';
import { expect, test } from 'vitest';
import type { Mesh, ReplicaStoreOpener } from '../src/index.js';
import { World } from './world.js';

test('after a failed save nothing more is taken, what was saved is readable, and the error says what to do [ND]', async () => {
  const world = new World();
  const a = await world.open('a');
  const saved = await a.memory.create({ content: 'Saved.' });
  world.machine('a').disk.planFault(1, 'fail');
  const failed = {
    code: 'store_failed',
    message: expect.stringMatching(/Free space or repair the disk.*until the mesh is opened again/),
  };
  await expect(a.memory.create({ content: 'Lost.' })).rejects.toMatchObject(failed);
  await expect(a.memory.create({ content: 'Refused.' })).rejects.toMatchObject(failed);
  await expect(a.memory.update(saved.id, { importance: 1 })).rejects.toMatchObject(failed);
  expect(a.status.storeError).toMatch(/could not be written.*takes no more writes/);
  expect(await a.memory.list()).toEqual([saved]);
  await a.close();

  const again = await world.open('a');
  expect(again.status.storeError).toBeUndefined();
  expect(await again.memory.list()).toEqual([saved]);
  await again.memory.create({ content: 'Goes on.' });
  expect(await again.memory.count()).toBe(2);
});

test('what could not be saved is pushed to nobody', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.open('b', { dials: ['a'] });
  await a.memory.create({ content: 'Saved.' });
  await world.inStep(a, b);
  world.machine('a').disk.planFault(1, 'fail');
  await expect(a.memory.create({ content: 'Lost.' })).rejects.toThrow(/could not be written/);
  await world.time.advance(60_000);
  expect((await b.memory.list()).map(({ content }) => content)).toEqual(['Saved.']);
});

test('a replica whose store failed goes on giving what it had saved, and nothing of what it refused [ND]', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.open('b', { dials: ['a'] });
  await a.memory.create({ content: 'Saved.' });
  await world.inStep(a, b);
  b.inner.setOffline(true);
  await a.memory.create({ content: 'Saved while b was away.' });
  world.machine('a').disk.planFault(1, 'fail');
  await expect(a.memory.create({ content: 'Lost.' })).rejects.toThrow(/could not be written/);
  await expect(a.memory.create({ content: 'Refused.' })).rejects.toThrow(/takes no more writes/);
  b.inner.setOffline(false);
  await world.time.advance(60_000);
  expect((await b.memory.list()).map(({ content }) => content).sort()).toEqual([
    'Saved while b was away.',
    'Saved.',
  ]);
});

test('a replica whose store failed comes back to its relay less and less often', async () => {
  const world = new World();
  const relay = await world.serveRelay();
  const a = await world.open('a', { relay: true });
  const b = await world.open('b', { relay: true });
  await world.inStep(a, b);
  world.machine('a').disk.planFault(1, 'fail');
  await expect(a.memory.create({ content: 'Lost.' })).rejects.toThrow(/could not be written/);
  await b.memory.create({ content: 'Cannot be taken in there.' });
  const before = relay.status().counters.linksAccepted;
  await world.time.advance(600_000);
  // Each attempt waits some 7.5 s on average once its delay has grown; 200 ms at most before that.
  expect(relay.status().counters.linksAccepted - before).toBeLessThan(150);
  expect(a.status.storeError).toBeDefined();
});

test('a mesh of which a part cannot be read while it closes can be opened again', async () => {
  const world = new World();
  const broken = new Set<string>();
  let fail: (error: Error) => void = () => undefined;
  const store: ReplicaStoreOpener = async (mesh, analyzer) => {
    const { disk, runtime } = world.machine('a');
    const opened = await simulatedReplicaStore({ disk, runtime: runtime as Runtime })(
      mesh,
      analyzer,
    );
    const read = opened.document.bind(opened);
    return Object.assign(opened, {
      document: (guid: Guid) =>
        broken.has(guid)
          ? new Promise((_, reject) => {
              fail = reject;
            })
          : read(guid),
    });
  };
  const a = await world.open('a', { store });
  await a.memory.create({ content: 'Saved.' });
  const other = a.inner.segments.place('team/other' as Namespace, '1' as SegmentName);
  broken.add(other.guid);
  const reading = a.inner.segments.use(other, async () => undefined).catch(() => undefined);
  const closing = a.inner.close();
  await world.time.settle();
  fail(new Error('the disk failed'));
  await closing;
  await reading;
  await a.close();
  const again = await world.open('a');
  expect(await again.memory.count()).toBe(1);
});

test('a watcher that throws hurts neither the write it is told of nor the link that brought it', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.open('b', { dials: ['a'] });
  const told: string[] = [];
  for (const mesh of [a, b]) {
    mesh.memory.watch(() => {
      throw new Error('a defect of the app');
    });
    mesh.memory.watch(([change]) => told.push(change?.record?.content ?? ''));
  }
  const write = a.memory.create({ content: 'Saved.' });
  await write;
  await world.inStep(a, b);
  await write.synced;
  expect(told).toEqual(['Saved.', 'Saved.']);
  expect((await b.memory.list()).map(({ content }) => content)).toEqual(['Saved.']);
});

/** Ten writes, some at once; gives the contents of those that resolved. */
async function writeTen(mesh: Mesh): Promise<readonly string[]> {
  const saved: string[] = [];
  const write = async (content: string): Promise<void> => {
    await mesh.memory.create({ content });
    saved.push(content);
  };
  for (const pair of [0, 2, 4, 6, 8]) {
    await Promise.allSettled([write(`Item ${pair}.`), write(`Item ${pair + 1}.`)]);
  }
  return saved;
}

test('whichever call of the disk fails, the store opens again and holds all that was saved [CP] [ND]', async () => {
  const world = new World();
  const whole = await world.open('whole');
  const before = world.machine('whole').disk.calls;
  expect(await writeTen(whole)).toHaveLength(10);
  const calls = world.machine('whole').disk.calls - before;
  expect(calls).toBeGreaterThanOrEqual(10);

  for (let n = 1; n <= calls; n++) {
    for (const fault of ['fail', 'power'] as const) {
      const name = `${fault} at ${n}`;
      const a = await world.open(name);
      world.machine(name).disk.planFault(n, fault);
      const saved: string[] = [];
      const stop = a.memory.watch((changes) => {
        for (const { record } of changes) if (record !== undefined) saved.push(record.content);
      });
      void writeTen(a);
      await world.time.advance(100);
      stop();
      if (fault === 'fail') await a.close();
      const again = await world.open(name);
      const contents = (await again.memory.list()).map(({ content }) => content);
      expect(contents, name).toEqual(expect.arrayContaining(saved));
      await again.memory.create({ content: 'Goes on.' });
      await again.close();
    }
  }
});
