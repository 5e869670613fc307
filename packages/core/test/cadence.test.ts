import { expect, test } from 'vitest';
import { type OpenReplica, World } from './world.js';

const HOUR = 3_600_000;

/** A replica that writes, and one that reads what the relay got of it. */
async function pair() {
  const world = new World();
  await world.serveRelay();
  const writer = await world.open('writer', { relay: true });
  const reader = await world.open('reader', { relay: true });
  await world.inStep(writer, reader);
  return { world, writer, reader };
}

const shown = async ({ memory }: OpenReplica, namespace: string): Promise<string[]> =>
  (await memory.in(namespace).list()).map(({ content }) => content).sort();

test('a namespace with a cadence goes out at once, then no more often than that, and others as ever', async () => {
  const { world, writer, reader } = await pair();
  writer.inner.prefer({ cadence: { 'agents/**': { everyMs: HOUR } } });
  const slow = writer.memory.in('agents/writer/notes');
  await slow.create({ content: 'First.' });
  await world.eventually('the first is there', async () => {
    return (await shown(reader, 'agents/writer/notes')).length === 1;
  });
  await slow.create({ content: 'Second.' });
  await slow.create({ content: 'Third.' });
  await writer.memory.in('shared/memory').create({ content: 'Now.' });
  await world.time.advance(HOUR / 2);
  expect(await shown(reader, 'shared/memory')).toEqual(['Now.']);
  expect(await shown(reader, 'agents/writer/notes')).toEqual(['First.']);
  expect(writer.status).toMatchObject({ synced: false });
  await world.time.advance(HOUR / 2);
  expect(await shown(reader, 'agents/writer/notes')).toEqual(['First.', 'Second.', 'Third.']);
  await world.inStep(writer, reader);
});

test('whoever waits for the relay does not wait for a cadence', async () => {
  const { world, writer, reader } = await pair();
  writer.inner.prefer({ cadence: { 'shared/memory': { everyMs: 24 * HOUR } } });
  await writer.memory.create({ content: 'First.' });
  await world.time.advance(1_000);
  await writer.memory.create({ content: 'Second.' });
  await world.time.advance(1_000);
  expect(await shown(reader, 'shared/memory')).toEqual(['First.']);
  await world.complete(writer.acked());
  await world.eventually('both are there', async () => {
    return (await shown(reader, 'shared/memory')).length === 2;
  });
});

test('where the connection is to be spared, what is written within half a minute goes together; after that it goes at once', async () => {
  const { world, writer, reader } = await pair();
  writer.inner.prefer({ sparing: true });
  await writer.memory.create({ content: 'a' });
  await world.time.advance(1_000);
  for (const content of ['b', 'c']) await writer.memory.create({ content });
  await world.time.advance(20_000);
  expect(await shown(reader, 'shared/memory')).toEqual(['a']);
  writer.inner.prefer({ sparing: false });
  await world.eventually('all are there', async () => {
    return (await shown(reader, 'shared/memory')).length === 3;
  });
});

test('who does not want the connection to be spared writes at once, whatever the device says of it', async () => {
  const { world, writer, reader } = await pair();
  writer.inner.prefer({ heedsSparing: false });
  writer.inner.prefer({ sparing: true });
  for (const content of ['a', 'b', 'c']) {
    await writer.memory.create({ content });
    await world.time.advance(1_000);
  }
  expect(await shown(reader, 'shared/memory')).toEqual(['a', 'b', 'c']);
});

test('[ND] a link that comes up is given what was held back', async () => {
  const { world, writer, reader } = await pair();
  writer.inner.prefer({ cadence: { '**': { everyMs: HOUR } } });
  await writer.memory.create({ content: 'a' });
  await world.time.advance(1_000);
  await writer.memory.create({ content: 'b' });
  writer.setOffline(true);
  await world.time.advance(1_000);
  writer.setOffline(false);
  await world.eventually('both are there', async () => {
    return (await shown(reader, 'shared/memory')).length === 2;
  });
});

test('a cadence that is none is refused', async () => {
  const world = new World();
  const { inner } = await world.open('a');
  for (const cadence of ['hourly', { everyMs: -1 }, { everyMs: Number.NaN }, null])
    expect(() => inner.prefer({ cadence: { '**': cadence as never } })).toThrow(/cadence/);
  expect(() => inner.prefer({ cadence: { '': 'immediate' } })).toThrow();
});

test('[PR] a replica whose relay is away for long reconnects at once when it is told to', async () => {
  const world = new World();
  const a = await world.open('a', { relay: true });
  await world.time.advance(600_000);
  await world.complete(world.serveRelay());
  a.inner.reconnect();
  await world.time.advance(200);
  expect(a.status.transports).toMatchObject([{ state: 'connected' }]);
});
