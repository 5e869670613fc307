import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { encodeFrame, type Frame, PROTOCOL_VERSION } from '@mnemesh/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from './place.js';

/** y-websocket's message type that carries our frames. */
const CARRIER = 120;
const zeros = '00'.repeat(16) as never;

const carried = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(CARRIER), bytes]);
const frame = (value: Frame): Buffer => carried(encodeFrame(value));
const welcome: Frame = {
  type: 'welcome',
  protocol: PROTOCOL_VERSION,
  incarnation: zeros,
  head: 0,
  challenge: new Uint8Array(0),
};
const introduce: Frame = {
  type: 'introduce',
  document: 0,
  namespace: 'shared/memory' as never,
  segment: '1' as never,
};

type Message = string | Buffer;
const hostilities: readonly (readonly [string, readonly Message[]])[] = [
  ['an empty message', [Buffer.alloc(0)]],
  ['text', ['hello']],
  ['an empty frame', [Buffer.of(CARRIER)]],
  ['a varint that never ends', [Buffer.alloc(40, 0xff)]],
  ['a frame of a varint that never ends', [carried(Buffer.alloc(40, 0xff))]],
  ['y-websocket’s own sync and awareness messages', [Buffer.of(0, 0, 1, 0), Buffer.of(1, 1, 0)]],
  ['random bytes', Array.from({ length: 50 }, () => carried(randomBytes(60)))],
  ['a frame cut short', [frame(welcome).subarray(0, 20)]],
  [
    'an update to a document that was never introduced',
    [frame(welcome), frame({ type: 'update', document: 7, update: Uint8Array.of(0, 0) })],
  ],
  [
    'an update that is none',
    [
      frame(welcome),
      frame(introduce),
      frame({ type: 'update', document: 0, update: randomBytes(100) }),
    ],
  ],
  [
    'a state that is none',
    [
      frame(welcome),
      frame(introduce),
      frame({ type: 'held', document: 0, state: randomBytes(100) }),
    ],
  ],
  [
    'an answer to a push that was never made',
    [
      frame(welcome),
      frame({ type: 'gap', push: 99, document: 0, state: Uint8Array.of(0, 0) }),
      frame({ type: 'denied', push: 98, document: 0, reason: 'too_large' }),
    ],
  ],
  [
    'acks of what was never pushed',
    [
      frame(welcome),
      frame({ type: 'resumed', incarnation: zeros, number: 0, whole: true }),
      frame({ type: 'durable', received: 1_000, sent: 1_000, number: 1_000 }),
    ],
  ],
  ['an ack before the welcome', [frame({ type: 'durable', received: 1, sent: 1, number: 1 })]],
  [
    'local namespaces',
    [frame(welcome), frame({ ...introduce, namespace: 'local/notes' as never } as Frame)],
  ],
  ['a frame that is too long', [carried(Buffer.alloc(300_000, 1))]],
];

/** Listens where a relay should, and sends these messages on every connection. */
async function serveHostility(messages: readonly Message[]) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const seen = { connections: 0 };
  server.on('connection', (socket: WebSocket) => {
    seen.connections++;
    socket.on('error', () => undefined);
    for (const message of messages) socket.send(message, () => undefined);
  });
  const close = async (): Promise<void> => {
    for (const socket of server.clients) socket.terminate();
    server.close();
    await once(server, 'close');
  };
  const { port } = server.address() as AddressInfo;
  return { port, url: `ws://127.0.0.1:${port}`, seen, close };
}

test.each(hostilities)(
  'a relay that sends %s ends the link at worst: the replica lives, and a better relay gets everything',
  async (_, messages) => {
    const rejections: unknown[] = [];
    const note = (error: unknown) => rejections.push(error);
    process.on('unhandledRejection', note).on('uncaughtException', note);
    onTestFinished(() => {
      process.off('unhandledRejection', note).off('uncaughtException', note);
    });
    const hostile = await serveHostility(messages);
    const mesh = await startReplica(await temporaryDirectory(), 'a', hostile.url);
    const write = mesh.memory.create({ content: 'Written under fire.' });
    let acked = false;
    write.acked.then(
      () => {
        acked = true;
      },
      () => undefined,
    );
    await write;
    await expect.poll(() => hostile.seen.connections).toBeGreaterThan(0);
    expect(await contentsOf(mesh)).toEqual(['Written under fire.']);
    expect(acked).toBe(false);
    await hostile.close();

    const relay = await startRelay(await temporaryDirectory(), hostile.port);
    await write.acked;
    await mesh.acked();
    const other = await startReplica(await temporaryDirectory(), 'b', relay.url);
    await expect.poll(() => contentsOf(other)).toEqual(['Written under fire.']);
    expect(rejections).toEqual([]);
  },
  30_000,
);

test('a relay of another protocol is given up with a word that says what to do', async () => {
  const hostile = await serveHostility([frame({ ...welcome, protocol: 99 } as Frame)]);
  const mesh = await startReplica(await temporaryDirectory(), 'a', hostile.url);
  await expect.poll(() => mesh.status.transports[0]?.state).toBe('refused');
  await mesh.memory.create({ content: 'Still here.' });
  expect(await contentsOf(mesh)).toEqual(['Still here.']);
  await hostile.close();
});
