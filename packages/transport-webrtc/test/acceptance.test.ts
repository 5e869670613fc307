import { newMeshSecret, parseMeshId } from '@mnemesh/protocol';
import { describeTransport } from '@mnemesh/testing';
import { webrtcTransport } from '@mnemesh/transport-webrtc';
import { RealRuntime } from './real-runtime.js';
import { FarServer } from './signaling-server.js';

const mesh = parseMeshId('atlas');

describeTransport('y-webrtc over real connections', async (farEnd) => {
  const server = await FarServer.open();
  const runtime = new RealRuntime();
  const options = { mesh, secret: newMeshSecret(runtime), runtime, signaling: [server.url] };
  const far = await webrtcTransport(options);
  far.start(farEnd, () => undefined);
  const open = await webrtcTransport(options);
  return {
    transport: open,
    until: (condition) => runtime.until(condition),
    pass: () => bystandersConnect(options, runtime),
    close: async () => {
      await far.close();
      await server.close();
    },
  };
});

/** Two others find each other at the same server and say something: in that time whatever was going to happen has. */
async function bystandersConnect(
  options: Parameters<typeof webrtcTransport>[0],
  runtime: RealRuntime,
): Promise<void> {
  const others = { ...options, secret: newMeshSecret(runtime) };
  const [one, two] = await Promise.all([webrtcTransport(others), webrtcTransport(others)]);
  let heard = 0;
  const handler = { received: () => heard++, closed: () => undefined };
  for (const transport of [one, two])
    transport.start(
      (link) => {
        for (let i = 0; i < 50; i++) link.send(new Uint8Array(10_000));
        return handler;
      },
      () => undefined,
    );
  await runtime.until(() => heard === 100);
  await Promise.all([one.close(), two.close()]);
}
