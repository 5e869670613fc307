import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { benchInBrowser, openUndriven } from '@mnemesh/testing-browser';
import { expect, onTestFinished, test } from 'vitest';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from '../integration/place.js';

const bench = benchInBrowser(new URL('background-page.ts', import.meta.url), {
  '/worker.js': new URL('background-worker.ts', import.meta.url),
});

const patient = { timeout: 40_000 };

test('[ND] a worker goes on trying for longer than an idle one lives, and sends when the relay comes', async () => {
  const profile = await temporaryDirectory();
  const tries = await refusing();
  const left = await onceVisited();
  const page = `${bench.url}#${encodeURIComponent(`${tries.url},${left.url}`)}`;
  onTestFinished(openUndriven(profile, page));
  await left.visited;
  tries.forget();
  await expect.poll(() => tries.forMs(), { timeout: 90_000 }).toBeGreaterThan(IDLE_WORKER_MS);
  const port = await tries.close();

  const relay = await startRelay(await temporaryDirectory(), port);
  const node = await startReplica(await temporaryDirectory(), 'node', relay.url);
  await expect.poll(() => contentsOf(node), patient).toEqual(['Written while the relay was dead.']);
}, 180_000);

/** Chromium ends a worker that waits for nothing after this long. */
const IDLE_WORKER_MS = 32_000;

/** Stands where a relay will be, and refuses. */
async function refusing() {
  const times: number[] = [];
  const server = createServer((socket) => {
    times.push(performance.now());
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<number> => {
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
    return port;
  };
  onTestFinished(async () => void (await close()));
  return {
    url: `ws://127.0.0.1:${port}`,
    forget: () => times.splice(0),
    /** Between the first try and the last. */
    forMs: () => (times.at(-1) ?? 0) - (times[0] ?? 0),
    close,
  };
}

/** A site of its own, which somebody will visit. */
async function onceVisited() {
  const server = createHttpServer((_, response) => response.end('Gone.'));
  const visited = once(server, 'request');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, visited };
}
