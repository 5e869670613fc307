import { decodeFrame } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { carried, linksTo, secret, startPeer, startSignaling } from '../integration/peers.js';
import { contentsOf, temporaryDirectory } from '../integration/place.js';
import { Child } from './child.js';

const WAIT = { timeout: 50_000, interval: 10 };
const SEGMENTS = 300;
/** Of one record on its way, at most. */
const RECORD_BYTES = 35_500;
/** Told to be durable by the peer when it is killed. */
const SOME = 10;

test('[ND] a peer killed amid a transfer comes back and goes on where it was', async () => {
  const signaling = await startSignaling();
  const webrtc = { signaling: [signaling.url] };
  const replica = { limits: { records: 1, bytes: 1 } };
  let durable = 0;
  let kill = (): void => undefined;
  const onFrame = (bytes: Uint8Array): void => {
    if (decodeFrame(bytes).type === 'durable' && ++durable > SOME) kill();
  };
  const ana = await startPeer('ana', { webrtc, replica, onFrame });
  for (let n = 0; n < SEGMENTS; n++)
    await ana.mesh.memory.create({ content: `${n} ${'lorem ipsum '.repeat(2_900)}` });
  const place = {
    data: await temporaryDirectory(),
    agent: 'bo',
    holder: 'here',
    webrtc: { secret, signaling: [signaling.url] },
  };
  const first = Child.start({ entry: 'sharer', place });
  await new Promise<void>((resolve, reject) => {
    kill = () => {
      kill = () => undefined;
      first.kill().then(resolve, reject);
    };
  });

  const second = Child.start({ entry: 'sharer', place });
  await second.reported('opened');
  const expected = await contentsOf(ana.mesh);
  const seen = async () => (await second.ask({ kind: 'look' }, 'sees')).contents;
  const kept = (await seen()).length;
  expect(kept).toBeGreaterThan(SOME);
  expect(kept).toBeLessThan(SEGMENTS);
  await expect.poll(async () => (await seen()).length, WAIT).toBe(SEGMENTS);
  expect(await seen()).toEqual(expected);
  // The dead connection is still counted until its silence is noticed; the new one is beside it.
  const resent = Math.min(...(await sentByConnection(ana)));
  expect(resent).toBeLessThan((SEGMENTS - SOME) * RECORD_BYTES);
  expect(linksTo('peer', ana)).toBeGreaterThanOrEqual(1);
  await second.close();
});

async function sentByConnection({ peers }: Awaited<ReturnType<typeof startPeer>>) {
  const counts = peers.connections.map((connection) =>
    carried({ peers: { connections: [connection] } }),
  );
  return (await Promise.all(counts)).map(({ bytesSent }) => bytesSent);
}
