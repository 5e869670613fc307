import { createServer } from 'node:net';
import type { Transport } from '@mnemesh/core';
import { closeCodes, limits } from '@mnemesh/protocol';
import { RecordingOwner } from '@mnemesh/testing';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FarRelay } from './far-relay.js';
import { ManualRuntime } from './manual-runtime.js';

const frame = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the relay link, carried by y-websocket', () => {
  let relay: FarRelay;
  let runtime: ManualRuntime;
  let owner: RecordingOwner;
  let transport: Transport;

  beforeEach(async () => {
    relay = await FarRelay.open();
    runtime = new ManualRuntime();
    owner = new RecordingOwner();
    transport = websocketTransport({ url: relay.url, runtime });
  });

  afterEach(async () => {
    await runtime.complete(transport.close());
    await relay.close();
  });

  const start = async (): Promise<void> => {
    transport.start(owner.accept, () => {});
    await runtime.until(() => owner.ends.length === 1);
  };

  test('nothing but our frames ever leaves: no sync step, no awareness', async () => {
    await start();
    transport.admitted(owner.last.link);
    owner.last.link.send(frame('one'));
    await runtime.pass(120_000);
    relay.sockets[0]?.send(Uint8Array.of(3)); // asks a stock client for its awareness
    relay.sockets[0]?.send(Uint8Array.of(0, 0, 1, 0)); // offers a stock client sync step 1
    await runtime.pass();
    owner.last.link.send(frame('two'));
    transport.setOffline(true);
    await runtime.until(() => relay.messages.length === 2);
    await runtime.pass();
    expect(relay.messages).toEqual([
      Uint8Array.of(120, ...frame('one')),
      Uint8Array.of(120, ...frame('two')),
    ]);
  });

  test('it asks for the room that stands for meshes', async () => {
    await start();
    expect(relay.paths).toEqual(['/mesh']);
  });

  const malformed: readonly (readonly [string, Uint8Array | string])[] = [
    ['an empty message', new Uint8Array(0)],
    ['a text message', 'hello'],
    ['an empty text message', ''],
    ['an over-long varint', new Uint8Array(20).fill(0xff)],
    ['a varint that never ends', Uint8Array.of(0x80)],
    ['our type in two bytes', Uint8Array.of(0xf8, 0x00, 1)],
    ['an empty frame', Uint8Array.of(120)],
  ];
  test.each(malformed)('%s closes with 4500 and is survived', async (_name, message) => {
    await start();
    relay.sockets[0]?.send(message);
    await runtime.until(() => owner.ends.length === 2);
    expect(owner.ends[0]?.closings).toMatchObject([{ code: closeCodes.badFrame }]);
    expect(owner.ends[0]?.frames).toEqual([]);
    // The next link works.
    relay.sockets[1]?.send(Uint8Array.of(120, ...frame('fine')));
    await runtime.until(() => owner.last.frames.length === 1);
    expect(owner.last.frames).toEqual([frame('fine')]);
  });

  test('a message longer than any frame closes the link before it is held [BD]', async () => {
    await start();
    relay.sockets[0]?.send(new Uint8Array(limits.frameBytes + 2).fill(120));
    await runtime.until(() => owner.ends.length === 2);
    expect(owner.ends[0]?.closings).toHaveLength(1);
    expect(owner.ends[0]?.frames).toEqual([]);
  });

  test.each([
    ['sync step 1', Uint8Array.of(0, 0, 1, 0)],
    ['a sync message that a stock handler throws on', Uint8Array.of(0, 9, 9, 9)],
    ['an awareness message that a stock handler throws on', Uint8Array.of(1, 0xff)],
    ['a permission denial', Uint8Array.of(2, 0, 1, 65)],
    ['a type nobody knows', Uint8Array.of(99, 1, 2, 3)],
  ])('%s is ignored, and the link goes on', async (_name, message) => {
    await start();
    relay.sockets[0]?.send(message);
    relay.sockets[0]?.send(Uint8Array.of(120, ...frame('after')));
    await runtime.until(() => owner.last.frames.length === 1);
    expect(owner.ends).toHaveLength(1);
    expect(owner.last.frames).toEqual([frame('after')]);
    expect(relay.messages).toEqual([]);
  });

  test('a frame too long to send closes the link instead of throwing', async () => {
    await start();
    owner.last.link.send(new Uint8Array(limits.frameBytes + 1));
    expect(owner.last.closings).toMatchObject([{ code: closeCodes.badFrame }]);
    expect(runtime.logged).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  test('a reason too long for a close frame is cut, not thrown over', async () => {
    await start();
    const server = relay.sockets[0];
    const reason = new Promise<string>((resolve) => {
      server?.on('close', (_code, text) => resolve(text.toString()));
    });
    owner.last.link.close(closeCodes.overloaded, 'ü'.repeat(200));
    expect(await runtime.complete(reason)).toBe('ü'.repeat(61));
  });

  test('a relay that is cut off without a word is reconnected', async () => {
    await start();
    relay.sockets[0]?.terminate();
    await runtime.until(() => owner.ends.length === 2);
    expect(owner.ends[0]?.closings).toMatchObject([{ code: 1006 }]);
  });
});

describe('how a lost relay is looked for again', () => {
  let runtime: ManualRuntime;
  let owner: RecordingOwner;
  let transport: Transport;

  beforeEach(() => {
    runtime = new ManualRuntime();
    owner = new RecordingOwner();
  });

  afterEach(async () => {
    await runtime.complete(transport.close());
  });

  /** Delays before the first connection and each later one, without deadlines. */
  const waits = (): readonly number[] =>
    runtime.delays.filter((ms) => ms !== 10_000 && ms !== 2_000);

  test('it waits a random part of a bound that doubles up to a cap', async () => {
    runtime.byte = 0xff;
    const gone = await FarRelay.open();
    await gone.close();
    transport = websocketTransport({ url: gone.url, runtime });
    transport.start(owner.accept, () => {});
    await runtime.until(() => waits().length >= 10);
    expect(waits().slice(0, 10)).toEqual([0, 199, 399, 799, 1599, 3199, 6399, 12799, 14999, 14999]);
    expect(owner.ends).toHaveLength(0);
    expect(transport.state).toBe('connecting');
  }, 30_000);

  test('replicas that lose one relay at one moment come back apart', async () => {
    const relay = await FarRelay.open();
    const delays = new Set<number>();
    for (const byte of [0x00, 0x40, 0x80, 0xc0]) {
      runtime = new ManualRuntime();
      runtime.byte = byte;
      owner = new RecordingOwner();
      transport = websocketTransport({ url: relay.url, runtime });
      transport.start(owner.accept, () => {});
      await runtime.until(() => owner.ends.length === 1);
      relay.sockets.at(-1)?.close(closeCodes.goingAway);
      await runtime.until(() => waits().length === 2);
      delays.add(waits()[1] as number);
      await runtime.complete(transport.close());
    }
    await relay.close();
    expect([...delays]).toEqual([0, 50, 100, 150]);
  });

  test('only a link that was admitted lets the waits start afresh', async () => {
    runtime.byte = 0xff;
    const relay = await FarRelay.open();
    transport = websocketTransport({ url: relay.url, runtime });
    transport.start(owner.accept, () => {});
    const closeNext = async (count: number, admit: boolean): Promise<void> => {
      await runtime.until(() => owner.ends.length === count && relay.sockets.length === count);
      if (admit) transport.admitted(owner.last.link);
      relay.sockets[count - 1]?.close(closeCodes.overloaded);
      await runtime.until(() => owner.ends[count - 1]?.closings.length === 1);
    };
    await closeNext(1, false);
    await closeNext(2, false);
    await closeNext(3, true);
    await closeNext(4, false);
    await runtime.until(() => owner.ends.length === 5);
    expect(waits()).toEqual([0, 199, 399, 199, 399]);
    await relay.close();
  });

  test('admission of a link that is gone already changes nothing', async () => {
    runtime.byte = 0xff;
    const relay = await FarRelay.open();
    transport = websocketTransport({ url: relay.url, runtime });
    transport.start(owner.accept, () => {});
    await runtime.until(() => owner.ends.length === 1);
    relay.sockets[0]?.close(closeCodes.overloaded);
    await runtime.until(() => owner.ends.length === 2);
    transport.admitted((owner.ends[0] as (typeof owner.ends)[0]).link);
    relay.sockets[1]?.close(closeCodes.overloaded);
    await runtime.until(() => owner.ends.length === 3);
    expect(waits()).toEqual([0, 199, 399]);
    await relay.close();
  });

  test('a host that takes the connection and says nothing is given up, not waited for', async () => {
    const mute = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { readonly port: number };
    transport = websocketTransport({ url: `127.0.0.1:${port}`, runtime });
    transport.start(owner.accept, () => {});
    await runtime.until(() => waits().length === 3);
    expect(owner.ends).toHaveLength(0);
    await runtime.complete(transport.close());
    await new Promise((resolve) => mute.close(resolve));
  }, 30_000);
});

describe('a closed relay link', () => {
  const held = (): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  };

  test('leaves no timer, socket or process listener behind [BD]', async () => {
    const runtime = new ManualRuntime();
    const relay = await FarRelay.open();
    await runtime.pass();
    const before = held();
    const listeners = process.listenerCount('exit');
    for (let i = 0; i < 5; i++) {
      const owner = new RecordingOwner();
      const transport = websocketTransport({ url: relay.url, runtime });
      transport.start(owner.accept, () => {});
      await runtime.until(() => owner.ends.length === 1);
      expect(process.listenerCount('exit')).toBe(listeners);
      if (i % 2 === 0) owner.last.link.close(closeCodes.overloaded, '');
      await runtime.complete(transport.close());
    }
    const kinds = ['Timeout', 'TCPSocketWrap', 'TCPWRAP'] as const;
    await runtime.until(() => kinds.every((kind) => (held()[kind] ?? 0) <= (before[kind] ?? 0)));
    expect(runtime.waiting).toBe(0);
    expect(process.listenerCount('exit')).toBe(listeners);
    await relay.close();
  });

  test('waits a bounded time for a relay that does not answer the close', async () => {
    const runtime = new ManualRuntime();
    const relay = await FarRelay.open();
    const owner = new RecordingOwner();
    const transport = websocketTransport({ url: relay.url, runtime });
    transport.start(owner.accept, () => {});
    await runtime.until(() => owner.ends.length === 1);
    relay.sockets[0]?.pause();
    await runtime.complete(transport.close());
    expect(runtime.now()).toBeLessThan(10_000);
    expect(runtime.waiting).toBe(0);
    await relay.close();
  });

  test('is refused a second life', async () => {
    const transport = websocketTransport({ url: 'localhost:1', runtime: new ManualRuntime() });
    await transport.close();
    expect(() => transport.start(new RecordingOwner().accept, () => {})).toThrow('closed');
  });
});
