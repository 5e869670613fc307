import {
  type Cancel,
  encodeMessage,
  type Frame,
  type LinkHandler,
  PROTOCOL_VERSION,
} from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { placeOf, ScriptedPeer } from './scripted-peer.js';
import { TEAM, World } from './world.js';

test('a store and its copy that meet without a relay go on as two replicas, and lose nothing [ND CV]', async () => {
  const world = new World();
  const before = await world.open('a');
  await before.memory.create({ content: 'Written before the copy was made.' });
  await before.close();
  world.copyMachine('a', 'copy');
  const a = await world.open('a', { answers: true });
  const copy = await world.open('copy', { dials: ['a'] });
  const { replica } = a;
  const [here, there] = [
    await a.memory.create({ content: 'Only in the store.' }),
    await copy.memory.create({ content: 'Only in its copy.' }),
  ];
  await world.eventually('both hold both', async () => {
    const found = await Promise.all([a.memory.get(there.id), copy.memory.get(here.id)]);
    return found.every((item) => item !== undefined);
  });
  await world.inStep(a, copy);
  expect(copy.replica).not.toBe(a.replica);
  expect([a.replica, copy.replica]).not.toEqual([replica, replica]);
});

test('what is damaged is made whole by a peer where there is no relay, and the replica is in step again [ND PR]', async () => {
  const world = new World();
  const b = await world.open('b', { answers: true });
  const before = await world.open('a', { dials: ['b'] });
  const { id } = await before.memory.create({ content: 'On a row that is lost.' });
  await world.inStep(before, b);
  await before.close();
  world.damage('a', placeOf('shared/memory'));
  const a = await world.open('a', { dials: ['b'] });
  await world.inStep(a, b);
  expect(a.status).toMatchObject({ damaged: 0, awaited: 0 });
  expect(await a.memory.get(id)).toMatchObject({ content: 'On a row that is lost.' });
});

/** A peer that says what it is told to, answers pings, and nothing else. */
async function dialMute(world: World, says: readonly Frame[]): Promise<() => number | undefined> {
  let code: number | undefined;
  const runtime = world.runtimes.start('mute');
  const transport = world.network.dial({ from: 'mute', to: 'a', kind: 'peer', runtime });
  let links = 0;
  transport.start(
    (link): LinkHandler => {
      const send = (frame: Frame): void => {
        for (const bytes of encodeMessage(frame)) link.send(bytes);
      };
      if (links++ === 0) for (const frame of says) send(frame);
      let stop: Cancel = () => undefined;
      const beat = (): void => {
        stop = runtime.after(10_000, () => {
          send({ type: 'pong' });
          beat();
        });
      };
      beat();
      return {
        received: () => undefined,
        closed: (closed) => {
          stop();
          code ??= closed;
          void transport.close();
        },
      };
    },
    () => undefined,
  );
  await world.time.advance(1_000);
  return () => code;
}

const hello: Frame = {
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  mesh: TEAM,
  replica: 'ee'.repeat(16) as never,
  opened: { counter: 1, nonce: 'ee'.repeat(16) },
  agents: [],
  grants: [],
};

test('two of which one gets another id meanwhile agree on who asks for what differs [CV PR]', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  await a.memory.create({ content: 'Held by one.' });
  const { replica } = a;
  const peer = await ScriptedPeer.mute(world, 'a');
  const copy = await ScriptedPeer.mute(world, 'a');
  copy.greet(replica);
  await world.eventually('it has another id', () => a.replica !== replica);
  const [low, high] = [replica, a.replica].map((id) => BigInt(`0x${id}`)) as [bigint, bigint];
  const between = ((low + high) / 2n).toString(16).padStart(32, '0') as typeof replica;

  peer.greet(between);
  await world.eventually('it compares', () => peer.of('summary').length > 0);
  const other = '00'.repeat(32);
  peer.send({ type: 'summary', hash: other });
  await world.eventually('it lists', () => peer.of('catalog').length > 0);
  const documents = peer.of('catalog').flatMap((catalog) => catalog.documents);
  peer.send({ type: 'catalog', documents: documents.map((one) => ({ ...one, hash: other })) });
  await world.time.advance(1_000);
  // By the ids that both know each other by, the lower one asks.
  expect(peer.of('state')).toHaveLength(replica < between ? documents.length : 0);
});

test.each([
  ['does not say who it is', []],
  ['says nothing after its name', [hello]],
  ['does not say what it holds', [hello, { type: 'subscribe', globs: ['**'], cursor: undefined }]],
] as readonly [string, readonly Frame[]][])(
  'a peer that %s keeps nobody from being in step for ever [PR]',
  async (_, says) => {
    const world = new World();
    const a = await world.open('a', { answers: true });
    const b = await world.open('b', { dials: ['a'] });
    await world.inStep(a, b);
    const code = await dialMute(world, says);
    expect(a.status.synced).toBe(false);
    await world.eventually('the link is over', () => code() !== undefined && a.status.synced);
  },
);

test('a peer that sends a second catalog is sent away [BD]', async () => {
  const world = new World();
  await world.open('a', { answers: true });
  const peer = await ScriptedPeer.dial(world, 'a');
  await world.time.advance(100);
  peer.send({ type: 'catalog', documents: [] });
  await world.eventually('it is closed', () => peer.closeCode === 4500);
});

test('what both held alike when they linked is synced, and what a cadence holds back is not [ND]', async () => {
  const world = new World();
  const b = await world.open('b', { answers: true });
  const a = await world.open('a', { dials: ['b'] });
  const first = a.memory.create({ content: 'Held by both.' });
  await world.complete(first.synced);
  a.setOffline(true);
  await world.time.advance(1_000);
  a.setOffline(false);
  await world.inStep(a, b);
  await world.complete(first.synced);

  a.inner.prefer({ cadence: { '**': { everyMs: 60_000 } } });
  await world.complete(a.memory.create({ content: 'Goes at once.' }).synced);
  const later = a.memory.create({ content: 'Waits for its turn.' });
  let isSynced = false;
  void later.synced.then(() => {
    isSynced = true;
  });
  await later;
  await world.time.advance(30_000);
  expect(isSynced).toBe(false);
  expect(await b.memory.count()).toBe(2);
  await world.complete(later.synced);
  expect(await b.memory.count()).toBe(3);
});

test('peers of which one subscribes to less stay linked, and what it writes outside reaches the other', async () => {
  const world = new World();
  const narrow = await world.open('narrow', {
    answers: true,
    subscription: { globs: ['shared/**'] },
  });
  await narrow.memory.in('reports/weekly').create({ content: 'From before.' });
  const wide = await world.open('wide', { dials: ['narrow'] });
  await world.inStep(narrow, wide);
  const links = world.network.links.length;
  await narrow.memory.in('reports/weekly').create({ content: 'Live.' });
  await wide.memory.in('reports/daily').create({ content: 'Nobody asked for it.' });
  const write = wide.memory.create({ content: 'Shared.' });
  await world.complete(write.synced);
  await world.eventually('it is there', async () => (await narrow.memory.count()) === 1);
  await world.time.advance(60_000);
  const contents = async (mesh: typeof wide, namespace: string) =>
    (await mesh.memory.in(namespace).list()).map(({ content }) => content).sort();
  expect(await contents(wide, 'reports/weekly')).toEqual(['From before.', 'Live.']);
  expect(await contents(narrow, 'reports/daily')).toEqual([]);
  expect(world.network.links.length).toBe(links);
});
