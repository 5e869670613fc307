import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeCodes, limits } from '@mnemesh/protocol';
import {
  inlineCompactor,
  openSqliteUpdateLog,
  Relay,
  type RelayServer,
  serveRelay,
} from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { SeededRandom } from '@mnemesh/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { HealthyReplica } from './healthy-replica.js';
import { HostileReplica, type Hostility } from './hostile-replica.js';
import { bytesInUse } from './memory.js';

const FRAMES = 100_000;
/** Hostile links at a time. */
const LINKS = 16;
/** Frames one hostile link sends at most. */
const FRAMES_PER_LINK = 120;
const MIB = 1024 * 1024;
/** Codes a relay may end a link with; 1000 is our own close, answered. */
const TYPED = new Set<number>(Object.values(closeCodes));

/** What could not be handled anywhere; any entry is a crash of a real process. */
const crashes: unknown[] = [];
const note = (error: unknown): void => {
  crashes.push(error);
};

let directory: string;
let relay: Relay;
let server: RelayServer;
let log: Awaited<ReturnType<typeof openSqliteUpdateLog>>;

beforeAll(async () => {
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  directory = await mkdtemp(join(tmpdir(), 'mnemesh-fuzz-'));
  const runtime = nodeRuntime();
  log = await openSqliteUpdateLog({ directory, runtime });
  relay = new Relay({
    log,
    runtime,
    signatures: nodeSignatures,
    compactor: inlineCompactor(nodeSignatures),
  });
  server = await serveRelay({ relay, host: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  await server.close();
  await log.close();
  await rm(directory, { recursive: true, force: true });
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
});

/** Sends these messages, then closes. @returns the code the link ended with */
function attack(messages: Iterable<Uint8Array | string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url}/mesh`, { perMessageDeflate: false });
    socket.on('error', reject);
    socket.on('close', resolve);
    socket.on('open', () => {
      for (const message of messages) {
        if (socket.readyState !== socket.OPEN) break;
        socket.send(message);
      }
      socket.close(closeCodes.normal);
    });
  });
}

/** Writes these bytes to the server's port, whatever they are. */
function attackPort(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}

async function stillServes(client: number): Promise<void> {
  const mesh = `healthy-${client}`;
  const writer = await HealthyReplica.join(server.url, mesh, client);
  const reader = await HealthyReplica.join(server.url, mesh, client + 1);
  await writer.write('one');
  expect(await reader.read()).toEqual(['one']);
  await Promise.all([writer.leave(), reader.leave()]);
}

describe('a relay on a real socket', () => {
  test.each<[string, readonly (Uint8Array | string)[]]>([
    ['an empty message', [new Uint8Array(0)]],
    ['a text message', ['{"type":"hello"}']],
    ['an empty text message', ['']],
    ['an over-long varint', [new Uint8Array(300).fill(0x80)]],
    ['our message type in two bytes', [Uint8Array.of(0xf8, 0x00, 17)]],
    ['our message type and nothing', [Uint8Array.of(120)]],
    ['sync step 1 of a stock client', [Uint8Array.of(0, 0, 1, 0)]],
    ['awareness of a stock client', [Uint8Array.of(1, 0xff, 0xff)]],
    ['a frame before hello', [Uint8Array.of(120, 10, 1, 1, 0)]],
  ])('%s is answered with 4500, and with nothing worse', async (_name, messages) => {
    expect(await attack(messages)).toBe(closeCodes.badFrame);
    expect(crashes).toEqual([]);
  });

  test('a message beyond every limit ends its link alone [BD]', async () => {
    const healthy = await HealthyReplica.join(server.url, 'limits', 11);
    await attack([new Uint8Array(limits.frameBytes * 4).fill(120)]);
    await healthy.write('still here');
    await healthy.leave();
    expect(crashes).toEqual([]);
  });

  test('bytes that are no WebSocket at all end their connection alone', async () => {
    const random = new SeededRandom('port');
    for (let i = 0; i < 200; i++) await attackPort(random.bytes(random.between(0, 400)));
    await stillServes(21);
    expect(crashes).toEqual([]);
  });

  test(`${FRAMES} hostile frames end links by typed codes, harm no honest one, and leave nothing behind [BD]`, async () => {
    const random = new SeededRandom('relay');
    const codes = new Map<number, number>();
    const honest = await HealthyReplica.join(server.url, 'fuzz-0', 31);
    let sent = 0;
    let links = 0;

    const oneLink = async (): Promise<void> => {
      const own = random.fork(`${links++}`);
      // Some links are bad in nearly every frame; most are bad seldom, and so get far.
      const bad = own.pick([0, 0.002, 0.005, 0.02, 0.5]);
      const hostility: Hostility = { mutated: bad, noise: bad / 4, lying: bad / 2 };
      const replica = new HostileReplica(own, hostility);
      const messages = [...replica.greeting(`fuzz-${own.int(3)}`)];
      while (messages.length < FRAMES_PER_LINK) messages.push(...replica.next());
      sent += messages.length;
      const code = await attack(messages.map((frame) => Uint8Array.of(120, ...frame)));
      codes.set(code, (codes.get(code) ?? 0) + 1);
    };
    const untilSent = async (frames: number): Promise<void> => {
      const attackers = Array.from({ length: LINKS }, async () => {
        while (sent < frames) await oneLink();
      });
      await Promise.all(attackers);
      await honest.write(`after ${sent} frames`);
    };

    await untilSent(FRAMES / 5);
    const settled = bytesInUse();
    await untilSent(FRAMES);
    const grown = bytesInUse() - settled;

    expect(crashes).toEqual([]);
    expect([...codes.keys()].filter((code) => !TYPED.has(code))).toEqual([]);
    // Enough got through to the relay's heart, and by every way out, for the run to mean something.
    const { counters } = relay.status();
    expect(counters.pushes).toBeGreaterThan(FRAMES / 10);
    expect(counters.commits).toBeGreaterThan(100);
    expect(counters.gaps).toBeGreaterThan(500);
    expect(counters.denied).toBeGreaterThan(500);
    expect(counters.unknownFrames).toBeGreaterThan(50);
    expect(codes.get(closeCodes.badFrame)).toBeGreaterThan(100);
    expect(codes.get(closeCodes.normal)).toBeGreaterThan(100);
    expect(codes.get(closeCodes.unknownProtocol)).toBeGreaterThan(2);
    expect(grown).toBeLessThan(48 * MIB);
    await honest.leave();
    await stillServes(41);
    expect(relay.status().links).toBe(0);
  }, 180_000);
});
