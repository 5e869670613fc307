import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { openMesh } from '@mnemesh/open-mesh';
import { serve } from '@mnemesh/server';
import { expect, onTestFinished, test } from 'vitest';
import { drain, SEND_MS } from '../src/index.js';
import { Clock, refusal, temporaryDirectory, unackedIn } from './time-and-place.js';

const NAMESPACES = 24;
/** Of each: text that nothing could compress. */
const CONTENT_BYTES = 20_000;
const TOTAL_BYTES = NAMESPACES * CONTENT_BYTES;

/** A mesh with a write in each of many namespaces, which no relay has. */
async function writtenInMany(): Promise<string> {
  const data = await temporaryDirectory();
  const mesh = await openMesh({ mesh: 'team', agent: 'tab', data, holder: 'none' });
  await Promise.all(
    Array.from({ length: NAMESPACES }, (_, n) => {
      const content = randomBytes(CONTENT_BYTES / 2).toString('hex');
      return mesh.memory.in(`team/n${n}`).create({ content });
    }),
  );
  await mesh.close();
  return data;
}

/** Stands before a relay, and passes so many bytes to it: the rest is swallowed, as by a network that is gone. */
async function startNarrow(url: string, allowed: number) {
  const { hostname, port } = new URL(url);
  const narrow = { url: '', up: 0, allowed };
  const server = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port) });
    near.on('data', (chunk: Buffer) => {
      narrow.up += chunk.length;
      if (narrow.up <= narrow.allowed) far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => near.write(chunk));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => void server.close());
  narrow.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return narrow;
}

test('[ND] a drain that is cut half-way keeps what was acked, and the next one sends only the rest', async () => {
  const data = await writtenInMany();
  const relay = await serve({ port: 0, host: '127.0.0.1', data: await temporaryDirectory() });
  onTestFinished(() => relay.close());
  const narrow = await startNarrow(relay.url, TOTAL_BYTES / 2);
  const settings = { mesh: 'team', agent: 'tab', relay: narrow.url };

  const all = await unackedIn(data);
  const clock = new Clock();
  let left = all;
  const cut = drain(
    settings,
    async (given) => {
      const mesh = await openMesh({ ...given, data, holder: 'none' });
      mesh.onStatus(({ unacked }) => {
        left = unacked;
      });
      return mesh;
    },
    clock,
  );
  const refused = expect(cut).rejects.toMatchObject(refusal);
  await expect.poll(() => left < all && narrow.up > narrow.allowed).toBe(true);
  clock.passTo(SEND_MS);
  await refused;
  const rest = await unackedIn(data);
  expect(rest).toBeGreaterThan(0);
  expect(rest).toBeLessThan(all);

  Object.assign(narrow, { up: 0, allowed: Number.POSITIVE_INFINITY });
  await drain(settings, (given) => openMesh({ ...given, data, holder: 'none' }), new Clock());
  expect(narrow.up).toBeLessThan(TOTAL_BYTES);
  expect(await unackedIn(data)).toBe(0);
});
