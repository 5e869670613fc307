import { closeCodes, encodeFrame, PROTOCOL_VERSION } from '@mnemesh/protocol';
import * as encoding from 'lib0/encoding';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RelayBench } from './relay-bench.js';
import { tasks, Writer } from './scripted-replica.js';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

describe('the handshake', () => {
  test('is answered with the incarnation and the head of the log', async () => {
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    const bob = await bench.join();
    expect(bob.last('welcome')).toMatchObject({ incarnation: bench.log.incarnation, head: 1 });
    expect(bob.types()).toEqual(['welcome', 'catalog', 'resumed']);
  });

  test('with a later protocol is refused with a terminal code and says why', async () => {
    const ann = bench.connect().hello({ protocol: PROTOCOL_VERSION + 1 });
    await bench.settle();
    expect(ann.last('error').code).toBe('unknown_protocol');
    expect(ann.closed?.code).toBe(closeCodes.unknownProtocol);
  });

  test('of a later protocol with other fields is refused by its version, not as garbage', async () => {
    const encoder = encoding.createEncoder();
    for (const value of [1, PROTOCOL_VERSION + 1, 99, 99, 99])
      encoding.writeVarUint(encoder, value);
    const ann = bench.connect().sendBytes(encoding.toUint8Array(encoder));
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.unknownProtocol);
  });

  test('begins with hello and nothing else', async () => {
    const ann = bench.connect().subscribe();
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
  });

  test.each([
    ['a second hello', (replica: ReturnType<RelayBench['connect']>) => replica.hello()],
    ['a second subscription', (replica: ReturnType<RelayBench['connect']>) => replica.subscribe()],
  ])('takes %s for a bad frame', async (_what, send) => {
    const ann = await bench.join();
    send(ann);
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
  });

  test('that never comes ends the link', async () => {
    const ann = bench.connect();
    await bench.settle(20_000);
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
    expect(bench.relay.status().links).toBe(0);
  });

  test('needs a subscription before pushes and states', async () => {
    const ann = bench.connect().hello();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
  });
});

describe('[ND] a copied or restored store', () => {
  const nonce = (digit: string): string => digit.repeat(32);
  const opened = (counter: number, digit: string) => ({ opened: { counter, nonce: nonce(digit) } });

  test.each([
    ['a lower counter', 4, 'a'],
    ['an equal counter with another nonce', 5, 'b'],
  ])('is known by %s', async (_how, counter, digit) => {
    bench.connect(7).hello(opened(5, 'a')).subscribe();
    await bench.settle();
    const copy = bench.connect(7).hello(opened(counter, digit)).subscribe();
    await bench.settle();
    expect(copy.last('error').code).toBe('store_forked');
    expect(copy.closed?.code).toBe(closeCodes.storeForked);
    expect(copy.received('welcome')).toEqual([]);
  });

  test('is known after a restart of the relay too', async () => {
    bench.connect(7).hello(opened(5, 'a')).subscribe();
    await bench.settle();
    await bench.restart();
    const copy = bench.connect(7).hello(opened(4, 'c')).subscribe();
    await bench.settle();
    expect(copy.closed?.code).toBe(closeCodes.storeForked);
  });

  test('is told from the same opening that reconnects: the older link makes room', async () => {
    const first = bench.connect(7).hello(opened(5, 'a')).subscribe();
    await bench.settle();
    const again = bench.connect(7).hello(opened(5, 'a')).subscribe();
    const another = bench.connect(8).hello(opened(1, 'd')).subscribe();
    await bench.settle();
    expect(first.closed?.code).toBe(closeCodes.goingAway);
    for (const replica of [again, another]) expect(replica.closed).toBeUndefined();
  });

  test('is noticed on the original, too, when the copy was opened once more often', async () => {
    const original = bench.connect(7).hello(opened(5, 'a')).subscribe();
    await bench.settle();
    const copy = bench.connect(7).hello(opened(6, 'b')).subscribe();
    await bench.settle();
    expect(original.closed?.code).toBe(closeCodes.storeForked);
    expect(copy.closed).toBeUndefined();
  });

  test('of two openings that say hello at once, the older one is refused', async () => {
    const newer = bench.connect(7).hello(opened(6, 'b')).subscribe();
    const older = bench.connect(7).hello(opened(5, 'a')).subscribe();
    await bench.settle();
    expect(newer.closed).toBeUndefined();
    expect(older.closed?.code).toBe(closeCodes.storeForked);
  });
});

describe('a frame', () => {
  test.each([
    ['that is empty', new Uint8Array(0)],
    ['with an over-long varint', new Uint8Array(40).fill(255)],
    ['with bytes after its end', Uint8Array.from([...encodeFrame({ type: 'ping' }), 0])],
    ['beyond the frame limit', new Uint8Array(256 * 1024 + 1)],
  ])('%s closes the link and harms nobody else', async (_what, bytes) => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.sendBytes(bytes);
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
    expect(ann.last('error').code).toBe('bad_frame');
    expect(bench.relay.status().counters.badFrames).toBe(1);
    bob.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    expect(bob.last('durable')).toMatchObject({ received: 1 });
  });

  test('of an unknown type is counted and ignored', async () => {
    const ann = await bench.join();
    ann.sendBytes(Uint8Array.of(99, 1, 2, 3));
    ann.send({ type: 'ping' });
    await bench.settle();
    expect(ann.last('pong')).toBeDefined();
    expect(bench.relay.status().counters.unknownFrames).toBe(1);
  });

  test('that only a relay sends is counted and ignored', async () => {
    const ann = await bench.join();
    ann.send({ type: 'durable', received: 1, sent: 1, number: 1 });
    await bench.settle();
    expect(ann.closed).toBeUndefined();
    expect(bench.relay.status().counters.unexpectedFrames).toBe(1);
  });

  test('about a document that was not introduced closes the link', async () => {
    const ann = await bench.join();
    ann.send({ type: 'state', document: 3, state: Uint8Array.of(0, 0) });
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
  });

  test('with a state that is none closes the link', async () => {
    const ann = await bench.join();
    ann.requestState(tasks);
    ann.send({ type: 'state', document: 0, state: Uint8Array.of(9) });
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.badFrame);
  });
});

describe('the heartbeat', () => {
  test('sends a frame at least every 20 s', async () => {
    const ann = await bench.join();
    for (let second = 0; second < 60; second += 10) {
      ann.send({ type: 'pong' });
      await bench.settle(10_000);
    }
    expect(ann.closed).toBeUndefined();
    expect(ann.received('ping').length).toBeGreaterThanOrEqual(3);
  });

  test('closes a link on which nothing is heard, and keeps one that answers', async () => {
    const [silent, alive] = [await bench.join(), await bench.join()];
    for (let second = 0; second < 70; second += 10) {
      alive.send({ type: 'pong' });
      await bench.settle(10_000);
    }
    expect(silent.closed?.code).toBe(closeCodes.silent);
    expect(alive.closed).toBeUndefined();
    expect(bench.relay.status().links).toBe(1);
  });
});
