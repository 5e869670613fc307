import { newMeshSecret } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { carried, linksTo, type Peer, runtime, startPeer, startSignaling } from './peers.js';
import { contentsOf, inSync, startRelay, temporaryDirectory } from './place.js';

const WAIT = { timeout: 40_000 };

async function remember(peer: Peer, content: string): Promise<void> {
  await peer.mesh.memory.create({ content });
}

async function allHold(peers: readonly Peer[], contents: readonly string[]): Promise<void> {
  const expected = [...contents].sort();
  for (const { mesh } of peers) await expect.poll(() => contentsOf(mesh), WAIT).toEqual(expected);
}

async function linked(peers: readonly Peer[], count: number): Promise<void> {
  for (const peer of peers) await expect.poll(() => linksTo('peer', peer), WAIT).toBe(count);
}

test('[CV] peers that met at a relay go on without it, and take in who comes back while it is dead', async () => {
  const directory = await temporaryDirectory();
  const relay = await startRelay(directory);
  const signaling = await startSignaling();
  // Only the agent offers signaling besides the relay; ana and bo know where.
  const agent = await startPeer('agent', {
    relay: relay.url,
    webrtc: { signaling: [signaling.url] },
  });
  const ana = await startPeer('ana', { relay: relay.url });
  const home = await temporaryDirectory();
  const bo = await startPeer('bo', { relay: relay.url, directory: home });
  await linked([agent, ana, bo], 2);
  await remember(ana, 'with the relay');
  await allHold([agent, ana, bo], ['with the relay']);

  await relay.close();
  await expect.poll(() => linksTo('relay', ana), WAIT).toBe(0);
  const before = await Promise.all([carried(ana), carried(bo)]);
  await remember(ana, 'from ana, without');
  await remember(bo, 'from bo, without');
  const three = ['with the relay', 'from ana, without', 'from bo, without'];
  await allHold([agent, ana, bo], three);
  const after = await Promise.all([carried(ana), carried(bo)]);
  for (const i of [0, 1] as const)
    expect(after[i].bytesReceived).toBeGreaterThan(before[i].bytesReceived);

  // Bo comes back with nothing but the agent's signaling: ana hears of it over her link to the agent.
  await bo.mesh.close();
  await remember(ana, 'while bo was away');
  const back = await startPeer('bo', {
    relay: relay.url,
    directory: home,
    webrtc: { signaling: [signaling.url] },
  });
  await linked([agent, ana, back], 2);
  const four = [...three, 'while bo was away'];
  await allHold([agent, ana, back], four);

  const again = await startRelay(directory, relay.port);
  const reader = await startPeer('reader', { relay: again.url, webrtc: { peers: 0 } });
  await allHold([reader], four);
  expect(linksTo('peer', reader)).toBe(0);
});

test('[CV] what one peer wrote reaches another that it has no link to', async () => {
  const signaling = await startSignaling();
  const webrtc = { signaling: [signaling.url] };
  const middle = await startPeer('middle', { webrtc });
  const left = await startPeer('left', { webrtc: { ...webrtc, peers: 1 } });
  await linked([middle, left], 1);
  const right = await startPeer('right', { webrtc: { ...webrtc, peers: 1 } });
  await linked([right], 1);
  await remember(left, 'from the left');
  await remember(right, 'from the right');
  await allHold([left, middle, right], ['from the left', 'from the right']);
  expect([left, right].map((peer) => linksTo('peer', peer))).toEqual([1, 1]);
});

test('a replica says that it has no path to find peers by, and finds them once it has', async () => {
  const holder = await startSignaling();
  const port = Number(new URL(holder.url).port);
  await holder.close();
  const webrtc = { signaling: [holder.url] };
  const ana = await startPeer('ana', { webrtc });
  const state = () => ana.mesh.status.transports[0]?.state;
  await expect.poll(state, WAIT).toBe('no_signaling');
  await startSignaling(port);
  const bo = await startPeer('bo', { webrtc });
  await linked([ana, bo], 1);
  expect(state()).toBe('connected');
});

test('[BD] ten megabytes in three hundred segments cross one connection within its bounds', async () => {
  const signaling = await startSignaling();
  const webrtc = { signaling: [signaling.url] };
  const replica = { limits: { records: 1, bytes: 1 } };
  const ana = await startPeer('ana', { webrtc, replica });
  const text = (n: number): string => `${n} ${'lorem ipsum '.repeat(2_900)}`;
  for (let n = 0; n < 300; n++) await remember(ana, text(n));
  expect(ana.mesh.status.segments.known).toBeGreaterThanOrEqual(300);
  const bo = await startPeer('bo', { webrtc });
  await linked([ana, bo], 1);
  await expect.poll(() => bo.mesh.memory.count(), WAIT).toBe(300);
  await Promise.all([inSync(ana.mesh), inSync(bo.mesh)]);
  expect(bo.peers.connections).toHaveLength(1);
  expect((await carried(bo)).bytesReceived).toBeGreaterThan(10_000_000);
  expect(ana.mostBuffered()).toBeLessThan(6 * 1024 * 1024);
});

test('two replicas link by an offer and an answer, with no server anywhere', async () => {
  const ana = await startPeer('ana');
  const bo = await startPeer('bo');
  const offer = await ana.mesh.peers.invite();
  expect(offer).toMatch(/^mnemesh-offer\.[\w-]+$/);
  const answer = await bo.mesh.peers.answer(`${offer.slice(0, 40)}\n  ${offer.slice(40)}`);
  await ana.mesh.peers.complete(answer);
  await linked([ana, bo], 1);
  await remember(ana, 'by hand');
  await allHold([ana, bo], ['by hand']);
});

test('an offer that was cut, made with another secret, or answered by its maker is refused', async () => {
  const ana = await startPeer('ana');
  const stranger = await startPeer('eve', { webrtc: { secret: newMeshSecret(runtime) } });
  const offer = await ana.mesh.peers.invite();
  await expect(stranger.mesh.peers.answer(offer)).rejects.toThrow(/another secret/);
  await expect(ana.mesh.peers.answer(offer)).rejects.toThrow(/itself/);
  await expect(ana.mesh.peers.answer(offer.slice(0, 200))).rejects.toThrow(/was cut/);
  await expect(ana.mesh.peers.complete('hello')).rejects.toThrow(/mnemesh-answer/);
});

test('whoever is making an offer or an answer when the replica goes offline is told so', async () => {
  const ana = await startPeer('ana');
  const bo = await startPeer('bo');
  const answering = bo.mesh.peers.answer(await ana.mesh.peers.invite());
  const inviting = bo.mesh.peers.invite();
  const told = Promise.all([
    expect(answering).rejects.toMatchObject({ code: 'offline' }),
    expect(inviting).rejects.toMatchObject({ code: 'offline' }),
  ]);
  bo.mesh.setOffline(true);
  await told;
});
