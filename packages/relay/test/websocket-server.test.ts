import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import {
  closeCodes,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameType,
  PROTOCOL_VERSION,
} from '@mnemesh/protocol';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  openSqliteUpdateLog,
  Relay,
  type RelayServer,
  serveRelay,
  type UpdateLog,
} from '../src/index.js';
import { temporaryDirectory } from './fixtures.js';
import { demo, tasks, Writer } from './scripted-replica.js';

const runtime = nodeRuntime();
let place: ReturnType<typeof temporaryDirectory>;
let log: UpdateLog;
let server: RelayServer;
let sockets: TestSocket[];

beforeEach(async () => {
  place = temporaryDirectory();
  sockets = [];
  log = await openSqliteUpdateLog({ directory: place.directory, runtime });
  server = await serve(0);
});

afterEach(async () => {
  await server.close();
  for (const socket of sockets) socket.raw.terminate();
  await log.close();
  place.remove();
});

function serve(port: number, host = '127.0.0.1'): Promise<RelayServer> {
  const relay = new Relay({ log, runtime, signatures: nodeSignatures });
  return serveRelay({ relay, host, port });
}

/** A client that speaks bytes, and waits for what comes without polling. */
class TestSocket {
  readonly raw: WebSocket;
  readonly frames: Frame[] = [];
  #waiting: (() => void)[] = [];
  #closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(path = '/mesh', headers: Record<string, string> = {}) {
    this.raw = new WebSocket(`${server.url}${path}`, { headers });
    this.raw.on('message', (data: Buffer) => {
      expect(data[0]).toBe(120);
      this.frames.push(decodeFrame(new Uint8Array(data).subarray(1)) as Frame);
      this.#wake();
    });
    this.raw.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() };
      this.#wake();
    });
    this.raw.on('error', () => this.#wake());
    sockets.push(this);
  }

  async open(): Promise<this> {
    await once(this.raw, 'open');
    return this;
  }

  send(...frames: readonly Frame[]): this {
    for (const frame of frames) this.raw.send(Uint8Array.of(120, ...encodeFrame(frame)));
    return this;
  }

  async until<T>(found: () => T | undefined): Promise<T> {
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  frame(type: FrameType): Promise<Frame> {
    return this.until(() => this.frames.find((frame) => frame.type === type));
  }

  closed(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.until(() => this.#closed);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

async function join(id: string): Promise<TestSocket> {
  const socket = await new TestSocket().open();
  const replica = id.repeat(32) as never;
  socket.send(
    {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      mesh: demo,
      replica,
      opened: { counter: 1, nonce: replica },
      agents: [],
      grants: [],
    },
    { type: 'subscribe', globs: ['**'], cursor: undefined },
  );
  await socket.frame('resumed');
  return socket;
}

function push(socket: TestSocket, update: Uint8Array): void {
  const { namespace, segment } = tasks;
  socket.send(
    { type: 'introduce', document: 0, namespace, segment },
    { type: 'push', number: 1, document: 0, update },
  );
}

describe('a relay over WebSocket', () => {
  test('stores and forwards between two sockets', async () => {
    const [ann, bob] = [await join('a'), await join('b')];
    push(ann, new Writer(tasks, 11).write(1));
    expect(await bob.frame('push')).toMatchObject({ number: 1 });
    expect(await ann.frame('durable')).toMatchObject({ received: 1, number: 1 });
    expect(await bob.frame('durable')).toMatchObject({ sent: 1, number: 1 });
  });

  test.each([
    ['a text message', 'hello'],
    ['an empty message', new Uint8Array(0)],
    ['an over-long varint', Uint8Array.of(0xf8, 0x00, 17)],
    ['an endless varint', new Uint8Array(64).fill(255)],
    ['a message of the plain y-websocket protocol', Uint8Array.of(0, 0, 1, 0)],
    ['a mesh message without a frame', Uint8Array.of(120)],
    ['garbage in a frame', Uint8Array.of(120, 10, 9, 9, 9, 9)],
  ])('closes on %s, and goes on serving others', async (_what, message) => {
    const healthy = await join('a');
    const sick = await new TestSocket().open();
    sick.raw.send(message);
    expect((await sick.closed()).code).toBe(closeCodes.badFrame);
    push(healthy, new Writer(tasks, 11).write(1));
    expect(await healthy.frame('durable')).toMatchObject({ received: 1 });
  });

  test('[BD] ends a socket that sends more than a frame may hold', async () => {
    const healthy = await join('a');
    const sick = await new TestSocket().open();
    sick.raw.send(new Uint8Array(300 * 1024));
    expect((await sick.closed()).code).toBe(1009);
    push(healthy, new Writer(tasks, 11).write(1));
    expect(await healthy.frame('durable')).toMatchObject({ received: 1 });
  });

  test('survives bytes that are no WebSocket, and no HTTP', async () => {
    for (const bytes of [
      '\x00\x01\x02\x03',
      'GET // HTTP/1.1\r\nUpgrade: websocket\r\n\r\n',
      'nonsense\r\n\r\n',
    ]) {
      const socket = connectTcp(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await join('a')).raw.readyState).toBe(WebSocket.OPEN);
  });

  test.each(['/', '/room', '//', '/mesh/demo'])(
    'refuses path %s and says where a mesh is',
    async (path) => {
      const socket = new TestSocket(path);
      const { code, reason } = await socket.closed();
      expect(code).toBe(closeCodes.notPermitted);
      expect(reason).toContain('/mesh');
    },
  );

  test('tells a browser or curl what it is', async () => {
    const response = await fetch(server.url.replace('ws:', 'http:'));
    expect(response.status).toBe(426);
    expect(await response.text()).toContain('/mesh');
  });

  test('[ND] closing commits what is pending, tells it, and closes with 1001', async () => {
    const ann = await join('a');
    push(ann, new Writer(tasks, 11).write(1));
    ann.send({ type: 'ping' });
    await ann.frame('pong');
    await server.close();
    expect(await ann.frame('durable')).toMatchObject({ received: 1 });
    expect((await ann.closed()).code).toBe(closeCodes.goingAway);
    expect((await log.mesh(demo)).head).toBe(1);
    await server.close();
  });
});

describe('without a root key', () => {
  test.each(['0.0.0.0', '::', '192.168.1.7', 'example.org', ''])(
    'a relay does not listen on %s, and says what to do',
    async (host) => {
      await expect(serve(0, host)).rejects.toMatchObject({
        code: 'not_permitted',
        message: expect.stringContaining('127.0.0.1'),
      });
    },
  );

  test("[AU] a web page of another site cannot open a link through its reader's browser", async () => {
    const page = new TestSocket('/mesh', { origin: 'https://evil.example' });
    await expect(page.open()).rejects.toThrow('403');
    const rebound = new TestSocket('/mesh', { host: 'evil.example:7700' });
    await expect(rebound.open()).rejects.toThrow('403');
    const own = new TestSocket('/mesh', { origin: 'http://localhost:5173' });
    expect((await own.open()).raw.readyState).toBe(WebSocket.OPEN);
  });

  test('a port in use is an error that names it', async () => {
    await expect(serve(server.port)).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining(String(server.port)),
    });
  });
});
