import { expect, test } from 'vitest';
import { World } from './world.js';

const SECRET = 'my own bearer token is 5f3a';

test('nothing of a local namespace ever crosses a link: no content, no name, no hash of it [AU]', async () => {
  const world = new World();
  await world.serveRelay();
  const sent: Uint8Array[] = [];
  world.network.watch(({ event, frame }) => {
    if (event === 'sent' && frame !== undefined) sent.push(frame);
  });
  const a = await world.open('a', { relay: true, answers: true });
  await a.memory.in('local/notes').create({ content: SECRET });
  await a.memory.create({ content: 'Everybody may know.' });
  const b = await world.open('b', { dials: ['a'] });
  const c = await world.open('c', { relay: true });
  await world.inStep(a, b, c);
  await a.memory.in('local/notes').create({ content: `${SECRET} still` });
  await a.memory.in('local').create({ content: SECRET });
  await world.inStep(a, b, c);

  const bytes = Buffer.concat(sent);
  expect(bytes.includes('Everybody may know.')).toBe(true);
  expect(bytes.includes(SECRET)).toBe(false);
  expect(bytes.includes('local')).toBe(false);
  for (const replica of [b, c]) {
    expect(await replica.memory.count()).toBe(1);
    expect(await replica.memory.in('local/notes').count()).toBe(0);
    expect(replica.status.segments.known).toBe(2);
  }
  const relayDisk = Buffer.concat([...world.machine('relay').disk.image().values()]);
  expect(relayDisk.includes(SECRET)).toBe(false);
});

test('a stranger who asks for a local namespace, or pushes to one, is shown the door [AU]', async () => {
  const { placeOf, ScriptedPeer } = await import('./scripted-peer.js');
  for (const says of ['state', 'push'] as const) {
    const world = new World();
    const a = await world.open('a', { answers: true });
    await a.memory.in('local/notes').create({ content: SECRET });
    const stranger = await ScriptedPeer.dial(world, 'a');
    const place = placeOf('local/notes');
    if (says === 'state') stranger.ask(place);
    else stranger.append(place, [Uint8Array.of(1)]);
    await world.eventually('the link is closed', () => stranger.closeCode !== undefined);
    expect(stranger.elements(place).length).toBe(says === 'push' ? 1 : 0);
    expect(stranger.received.some(({ type }) => type === 'push')).toBe(false);
    expect(await a.memory.in('local/notes').count()).toBe(1);
  }
});

test('what is local is saved and read like everything else, and waits for no ack', async () => {
  const world = new World();
  await world.serveRelay();
  const a = await world.open('a', { relay: true });
  const item = await a.memory.in('local/notes').create({ content: SECRET });
  await world.complete(a.acked());
  expect(a.status.unacked).toBe(0);
  await world.eventually('in step', () => a.status.synced);
  await a.close();
  const again = await world.open('a', { relay: true });
  expect(await again.memory.in('local/notes').get(item.id)).toEqual(item);
  expect(again.status.unacked).toBe(0);
});
