import { connect } from 'node:net';
import type { Runtime } from '@mnemesh/protocol';
import { type SignalingHost, type SignalingLimits, serveSignaling } from '@mnemesh/signaling';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const runtime: Pick<Runtime, 'now' | 'after'> = {
  // Its seconds never end, so that a rate is met by any count.
  now: () => 0,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(limits: Partial<SignalingLimits> = {}): Promise<SignalingHost> {
  const host = await serveSignaling({ host: '127.0.0.1', port: 0, runtime, limits });
  closing.push(() => host.close());
  return host;
}

class Client {
  readonly messages: Record<string, unknown>[] = [];
  closed: number | undefined;
  readonly #socket: WebSocket;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    this.#socket.on('close', (code) => {
      this.closed = code;
    });
    this.#socket.on('error', () => undefined);
    closing.push(async () => this.#socket.terminate());
  }

  static async of({ url }: SignalingHost): Promise<Client> {
    const client = new Client(url);
    await expect.poll(() => client.#socket.readyState).toBe(WebSocket.OPEN);
    return client;
  }

  say(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Everything said before it has been handled. */
  async handled(): Promise<void> {
    const pongs = (): number => this.messages.filter(({ type }) => type === 'pong').length;
    const before = pongs();
    this.say({ type: 'ping' });
    await expect.poll(pongs).toBe(before + 1);
  }
}

test('what is published reaches everybody who subscribed to its topic, and nobody else', async () => {
  const host = await serve();
  const [ana, bo, eve] = [await Client.of(host), await Client.of(host), await Client.of(host)];
  ana.say({ type: 'subscribe', topics: ['harbour'] });
  bo.say({ type: 'subscribe', topics: ['harbour', 'meadow'] });
  eve.say({ type: 'subscribe', topics: ['meadow'] });
  for (const client of [ana, bo, eve]) await client.handled();
  ana.say({ type: 'publish', topic: 'harbour', data: 'x', more: { kept: true } });
  await ana.handled();
  const expected = {
    type: 'publish',
    topic: 'harbour',
    data: 'x',
    more: { kept: true },
    clients: 2,
  };
  await expect.poll(() => bo.messages).toContainEqual(expected);
  expect(ana.messages).toContainEqual(expected);
  bo.say({ type: 'unsubscribe', topics: ['harbour'] });
  await bo.handled();
  ana.say({ type: 'publish', topic: 'harbour', data: 'y' });
  await Promise.all([ana.handled(), bo.handled(), eve.handled()]);
  expect(bo.messages.filter(({ type }) => type === 'publish')).toHaveLength(1);
  expect(eve.messages.filter(({ type }) => type === 'publish')).toHaveLength(0);
  expect(host.server.status()).toMatchObject({ links: 3, topics: 2 });
});

test('a topic that nobody has any more is forgotten [BD]', async () => {
  const host = await serve({ linkTopics: 3 });
  const ana = await Client.of(host);
  ana.say({ type: 'subscribe', topics: ['a', 'b', 'c', 'd', 'e'] });
  await ana.handled();
  expect(host.server.status()).toMatchObject({ topics: 3, counters: { refused: 2 } });
  ana.say({ type: 'unsubscribe', topics: ['a', 'b', 'c', 'd'] });
  await ana.handled();
  expect(host.server.status().topics).toBe(0);
});

test('who says too much in a second is not heard, and stays [BD]', async () => {
  const host = await serve({ messagesPerSecond: 10 });
  const ana = await Client.of(host);
  ana.say({ type: 'subscribe', topics: ['a'] });
  for (let n = 0; n < 50; n++) ana.say({ type: 'publish', topic: 'a', data: n });
  await expect.poll(() => host.server.status().counters.refused).toBe(41);
  expect(ana.messages).toHaveLength(9);
  expect(ana.closed).toBeUndefined();
});

test('a message that is too long, and one link too many, are turned away [BD]', async () => {
  const host = await serve({ messageBytes: 1000, links: 1 });
  const ana = await Client.of(host);
  const bo = new Client(host.url);
  await expect.poll(() => bo.closed).toBe(4503);
  ana.say({ type: 'publish', topic: 'a', data: 'x'.repeat(1000) });
  await expect.poll(() => ana.closed).toBe(1009);
  await expect.poll(() => host.server.status().links).toBe(0);
});

test('whatever a client sends, the server serves the others', async () => {
  const host = await serve();
  const ana = await Client.of(host);
  ana.say({ type: 'subscribe', topics: ['a'] });
  await ana.handled();
  const nonsense = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        type: fc.constantFrom('subscribe', 'publish', 'unsubscribe', 'ping', '__proto__'),
        topic: fc.oneof(fc.constantFrom('', 'a', 'x'.repeat(500)), fc.anything()),
        topics: fc.anything(),
      })
      .map((message) => JSON.stringify(message)),
  );
  for (const message of fc.sample(nonsense, 60)) (await Client.of(host)).say(message);
  ana.say({ type: 'publish', topic: 'a', data: 'still here' });
  await expect
    .poll(() => ana.messages)
    .toContainEqual({
      type: 'publish',
      topic: 'a',
      data: 'still here',
      clients: expect.any(Number),
    });
});

test('[BD] a message that nests too deep to be passed on ends the link of whoever sent it, and no more', async () => {
  const host = await serve();
  const [ana, eve] = [await Client.of(host), await Client.of(host)];
  for (const client of [ana, eve]) client.say({ type: 'subscribe', topics: ['harbour'] });
  for (const client of [ana, eve]) await client.handled();
  const depth = 30_000;
  eve.say(`{"type":"publish","topic":"harbour","x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  await expect.poll(() => eve.closed).toBeDefined();
  ana.say({ type: 'publish', topic: 'harbour', data: 'still here' });
  await expect.poll(() => ana.messages.some(({ data }) => data === 'still here')).toBe(true);
});

test('[BD] what a client that was dropped had still sent leaves nothing behind', async () => {
  const host = await serve();
  const eve = await Client.of(host);
  eve.say('none of the protocol');
  eve.say({ type: 'subscribe', topics: ['harbour', 'meadow'] });
  await expect.poll(() => eve.closed).toBeDefined();
  expect(host.server.status()).toMatchObject({ links: 0, topics: 0 });
});

test('a server that closes does not wait for a connection that never says anything [BD]', async () => {
  const host = await serve();
  const { hostname, port } = new URL(host.url);
  const silent = connect({ host: hostname, port: Number(port) });
  silent.on('error', () => undefined);
  closing.push(async () => void silent.destroy());
  await new Promise<void>((resolve) => silent.once('connect', resolve));
  const ended = new Promise<void>((resolve) => silent.once('close', () => resolve()));
  await host.close();
  await ended;
}, 30_000);
