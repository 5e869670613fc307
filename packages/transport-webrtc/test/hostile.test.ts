import { newMeshSecret, parseMeshId } from '@mnemesh/protocol';
import { type PeerTransport, webrtcTransport } from '@mnemesh/transport-webrtc';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MeshSecret } from '../src/mesh-secret.js';
import { RealRuntime } from './real-runtime.js';
import { FarServer } from './signaling-server.js';

const mesh = parseMeshId('atlas');
const runtime = new RealRuntime();
const secret = newMeshSecret(runtime);
const member = new MeshSecret(secret, mesh, runtime);
const stranger = '0'.repeat(32);

let server: FarServer;
let opened: PeerTransport[];
let links: number;

beforeEach(async () => {
  server = await FarServer.open();
  opened = [];
  links = 0;
});

afterEach(async () => {
  await Promise.all(opened.map((transport) => transport.close()));
  await server.close();
});

async function open(text = secret): Promise<PeerTransport> {
  const transport = await webrtcTransport({
    mesh,
    secret: text,
    runtime,
    signaling: [server.url],
  });
  opened.push(transport);
  transport.start(
    () => {
      links++;
      return { received: () => undefined, closed: () => undefined };
    },
    () => undefined,
  );
  return transport;
}

/** Somebody who has the secret says it. */
function say(message: unknown): void {
  const sealed = member.seal(new TextEncoder().encode(JSON.stringify(message)));
  publish(Buffer.from(sealed).toString('base64'));
}

function publish(data: unknown): void {
  server.shout(JSON.stringify({ type: 'publish', topic: member.topic, data }));
}

/** Id of the peer that said this, read as a member reads it. */
function idOf(published: string): string | undefined {
  const { type, data } = JSON.parse(published) as { readonly type: string; readonly data: string };
  if (type !== 'publish') return undefined;
  const text = member.open(new Uint8Array(Buffer.from(data, 'base64')));
  const { from } = JSON.parse(new TextDecoder().decode(text)) as { readonly from: string };
  return from;
}

async function heardOf(): Promise<string> {
  let id: string | undefined;
  await runtime.until(() => {
    id = server.messages.map(idOf).find((from) => from !== undefined);
    return id !== undefined;
  });
  return id as string;
}

test('a signaling server sees a topic and sealed messages, and nothing else [AU]', async () => {
  await Promise.all([open(), open()]);
  await runtime.until(() => links === 2);
  for (const text of server.messages) {
    const { type, topic, topics = [topic], data } = JSON.parse(text);
    expect(['subscribe', 'publish', 'ping']).toContain(type);
    if (type === 'ping') continue;
    expect(topics).toEqual([member.topic]);
    expect(text).not.toMatch(/atlas|candidate:|fingerprint|"sdp|127\.0\.0\.1/);
    if (type === 'publish') expect(typeof data).toBe('string');
  }
});

test('who has another secret is not found, nor linked with [AU]', async () => {
  await open();
  await open(newMeshSecret(runtime));
  await Promise.all([open()]);
  await runtime.until(() => links === 2);
  expect(opened.map(({ state }) => state)).toEqual(['connected', 'connecting', 'connected']);
});

test('whatever a signaling server sends, peers live on and find each other', async () => {
  await open();
  await heardOf();
  const noise = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array(),
    fc
      .record({
        type: fc.constant('publish'),
        topic: fc.constant(member.topic),
        data: fc.anything(),
      })
      .map((message) => JSON.stringify(message) ?? ''),
    fc.constant('x'.repeat(30_000)),
  );
  for (const message of fc.sample(noise, 300)) server.shout(message);
  await open();
  await runtime.until(() => links === 2);
});

test('whatever a member signals, peers live on, and its links stay', async () => {
  const first = await open();
  const to = await heardOf();
  await open();
  await runtime.until(() => links === 2);
  const sdp = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom('', 'v=0', 'a=candidate:', 'v=0\r\nm=application 9 UDP/DTLS/SCTP x\r\n'),
  );
  const signal = fc.oneof(
    fc.record({ type: fc.constantFrom('offer', 'answer', 'renegotiate', 'pranswer'), sdp }),
    fc.record({
      type: fc.constant('candidate'),
      candidate: fc.record({
        candidate: fc.oneof(
          sdp,
          fc.constant('candidate:1 1 UDP 99999999999 300.1.1.1 99999 typ host'),
        ),
        sdpMid: fc.oneof(fc.constant('0'), fc.string()),
        sdpMLineIndex: fc.oneof(fc.nat(), fc.constant(0)),
      }),
    }),
    fc.anything(),
  );
  const attempt = fc.constantFrom(...'abcdef').map((digit) => digit.repeat(32));
  const message = fc.oneof(
    fc.record({ type: fc.constant('signal'), from: attempt, to: fc.constant(to), attempt, signal }),
    fc.record({ type: fc.constant('announce'), from: attempt, to: fc.option(fc.constant(to)) }),
    fc.anything(),
  );
  for (const said of fc.sample(message, 300)) say(said);
  say({
    type: 'signal',
    from: stranger,
    to,
    attempt: stranger,
    signal: { type: 'offer', sdp: '' },
  });
  await open();
  await runtime.until(() => links >= 6);
  expect(first.state).toBe('connected');
});
