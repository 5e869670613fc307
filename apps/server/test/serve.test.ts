import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Server, serve } from '../src/index.js';

async function place(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'mnemesh-server-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  return data;
}

async function served(data: string, port = 0): Promise<Server> {
  const server = await serve({ port, host: '127.0.0.1', data });
  onTestFinished(() => server.close());
  return server;
}

test('a server says where it is reached, and closing it twice is closing it once', async () => {
  const server = await served(await place());
  expect(server.port).toBeGreaterThan(0);
  expect(server.url).toBe(`ws://127.0.0.1:${server.port}`);
  await Promise.all([server.close(), server.close()]);
});

test('a second server on one log is refused, and the first one keeps it', async () => {
  const data = await place();
  await served(data);
  await expect(served(data)).rejects.toMatchObject({
    code: 'store_in_use',
    message: expect.stringContaining(String(process.pid)),
  });
});

test('a server that cannot listen lets go of its log', async () => {
  const data = await place();
  const { port } = await served(await place());
  await expect(served(data, port)).rejects.toMatchObject({
    message: expect.stringContaining(String(port)),
  });
  await served(data);
});

test('without a root key a server listens on this machine alone', async () => {
  const data = await place();
  await expect(serve({ port: 0, host: '0.0.0.0', data })).rejects.toMatchObject({
    code: 'not_permitted',
  });
});
