import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Mesh } from '@mnemesh/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { explainMesh, openMesh } from '../src/index.js';
import { temporaryPlace } from './temporary-place.js';

interface Server {
  readonly url: string;
  /** Texts in the order in which they were asked for. */
  readonly asked: string[];
  /** Resolves when so many texts have been asked for. */
  seen(count: number): Promise<void>;
  /** From now on it answers. */
  speak(): void;
}

/** Speaks the embeddings call of the OpenAI API. After `most` requests it goes on listening, and says nothing. */
async function startServer(
  most = Number.POSITIVE_INFINITY,
  refuses: (one: string) => boolean = () => false,
): Promise<Server> {
  const asked: string[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let requests = 0;
  let answers = most;
  const server = createServer(async (request, response) => {
    const { input } = JSON.parse(await text(request)) as { readonly input: readonly string[] };
    asked.push(...input);
    for (const { count, resolve } of waiting) if (asked.length >= count) resolve();
    requests += 1;
    if (requests > answers) return;
    if (input.some(refuses)) {
      response.writeHead(400).end('this text is too long');
      return;
    }
    const data = input.map((one, index) => ({ index, embedding: [one.length % 7, 1] }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const seen = (count: number): Promise<void> =>
    asked.length >= count
      ? Promise.resolve()
      : new Promise((resolve) => waiting.push({ count, resolve }));
  const { port } = server.address() as AddressInfo;
  const speak = (): void => {
    answers = Number.POSITIVE_INFINITY;
  };
  return { url: `http://127.0.0.1:${port}/v1`, asked, seen, speak };
}

async function open(data: string, embedder: string): Promise<Mesh> {
  const mesh = await openMesh({
    mesh: 'atlas',
    agent: 'planner',
    relay: 'none',
    data,
    embedder,
    embeddingModel: 'small',
  });
  onTestFinished(() => mesh.close());
  return mesh;
}

const items = (count: number) => Array.from({ length: count }, (_, i) => `note number ${i}`);

describe('a mesh with an embedder', () => {
  test('gives what is written its vectors in the background, while writes go on', async () => {
    const server = await startServer();
    const mesh = await open(await temporaryPlace(), server.url);
    await Promise.all(items(130).map((content) => mesh.memory.create({ content })));
    expect(server.asked).toEqual([]);
    await server.seen(130);
    expect([...server.asked].sort()).toEqual(items(130).sort());
  });

  test('goes on after it was closed amid the work, and asks for nothing twice', async () => {
    const silent = await startServer(1);
    const data = await temporaryPlace();
    const mesh = await open(data, silent.url);
    await Promise.all(items(130).map((content) => mesh.memory.create({ content })));
    await silent.seen(128);
    // The second request is never answered; closing does not wait for it.
    await mesh.close();
    const first = silent.asked.slice(0, 64);
    silent.asked.length = 0;
    silent.speak();
    await open(data, silent.url);
    await silent.seen(66);
    expect([...first, ...silent.asked].sort()).toEqual(items(130).sort());
  });

  test('puts aside a text that the embedder refuses, and goes on with the others', async () => {
    const server = await startServer(Number.POSITIVE_INFINITY, (one) => one === 'note number 7');
    const mesh = await open(await temporaryPlace(), server.url);
    await Promise.all(items(20).map((content) => mesh.memory.create({ content })));
    await server.seen(40);
    expect(server.asked.slice(20).sort()).toEqual(items(20).sort());
  });

  test('finds by words while the embedder is away, and says so', async () => {
    const mesh = await open(await temporaryPlace(), 'http://127.0.0.1:1/v1');
    await mesh.memory.create({ content: 'The meadow is green.' });
    const { hits, note } = await mesh.recall('green meadow');
    expect(hits).toHaveLength(1);
    expect(note).toContain('Ranked by words alone');
  });

  test('refuses an address that is none, and a server without a model', async () => {
    const data = await temporaryPlace();
    const options = { mesh: 'atlas', agent: 'planner', relay: 'none', data };
    await expect(openMesh({ ...options, embedder: 'localhost' })).rejects.toMatchObject({
      code: 'bad_input',
    });
    await expect(openMesh({ ...options, embedder: 'http://127.0.0.1:1/v1' })).rejects.toMatchObject(
      { message: expect.stringContaining('MNEMESH_EMBEDDING_MODEL') },
    );
    expect(explainMesh({ embedder: 'none' }).embedder.value).toBeUndefined();
  });
});
