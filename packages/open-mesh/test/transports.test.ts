import { createServer } from 'node:net';
import { parseMeshId } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openReplicaHere } from '../src/shared-replica.js';
import { temporaryPlace } from './temporary-place.js';

const SECRET = 'that-only-this-test-knows';

/** Listens at this port, or any free one, and lets go of it. @throws when somebody has it */
function portOf(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => {
      const { port: bound } = server.address() as { readonly port: number };
      server.close(() => resolve(bound));
    });
  });
}

async function opening(relay: string, secret: string, port: number): Promise<unknown> {
  const data = await temporaryPlace();
  const webrtc = { secret, signal: `127.0.0.1:${port}` };
  const settings = { mesh: parseMeshId('atlas'), data, relay, webrtc };
  return openReplicaHere(settings, nodeRuntime());
}

test('a replica whose relay has a bad address is not opened, and nothing listens for its peers', async () => {
  const port = await portOf();
  await expect(opening('ws://x/?y', SECRET, port)).rejects.toMatchObject({
    code: 'bad_input',
  });
  expect(await portOf(port)).toBe(port);
});

test('a replica whose peers have a bad secret is not opened, and nothing is kept for its relay', async () => {
  const port = await portOf();
  const begun = vi.spyOn(globalThis, 'setInterval');
  const ended = vi.spyOn(globalThis, 'clearInterval');
  onTestFinished(() => void vi.restoreAllMocks());
  await expect(opening('ws://127.0.0.1:1', 'short', port)).rejects.toMatchObject({
    code: 'bad_input',
  });
  const clocks = begun.mock.results.map(({ value }) => value);
  // That of the relay's link among them.
  expect(clocks).not.toEqual([]);
  expect(ended.mock.calls.flat()).toEqual(expect.arrayContaining(clocks));
});
