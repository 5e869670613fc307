import { closeCodes } from '@mnemesh/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RelayBench } from './relay-bench.js';
import { elementsOf, notes, segmentOf, tasks, Writer } from './scripted-replica.js';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

/** What the relay holds after the first write. */
const heldOne = { clocks: new Map([[11, 1]]), deleted: new Map() };

describe('[ND] a group that cannot be committed', () => {
  test('closes every link, acks nothing, and leaves the relay as it was before the group', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(1));
    await bench.settle();
    bench.faults.failNextAppend = true;
    ann.push(tasks, writer.write(2));
    await bench.settle();
    for (const replica of [ann, bob]) expect(replica.closed?.code).toBe(closeCodes.storeFailed);
    expect(ann.last('durable')).toMatchObject({ received: 1, number: 1 });
    const carl = await bench.join();
    expect(carl.last('resumed').number).toBe(1);
    carl.push(tasks, writer.document.missing(heldOne) as Uint8Array);
    await bench.settle();
    expect(carl.last('durable')).toMatchObject({ received: 1, number: 2 });
  });

  test('leaves other meshes alone', async () => {
    const ann = await bench.join();
    const other = bench
      .connect()
      .hello({ mesh: 'other' as never })
      .subscribe();
    await bench.settle();
    bench.faults.failNextAppend = true;
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.storeFailed);
    expect(other.closed).toBeUndefined();
  });

  test('while a later group collects: that one is not committed either', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    bench.faults.hold = true;
    bench.faults.failNextAppend = true;
    ann.push(tasks, writer.write(1));
    await bench.settle();
    ann.push(tasks, writer.write(2));
    await bench.settle();
    bench.release();
    await bench.settle();
    expect(ann.received('durable')).toEqual([]);
    expect(bench.faults.calls).toEqual([]);
  });
});

describe('[BD] a peer that reads too slowly', () => {
  test('is closed, and gets the rest by its cursor when it comes back', async () => {
    await bench.close();
    bench = await RelayBench.start({ slowPeerBytes: 4_000 });
    const [ann, bob] = [await bench.join(), await bench.join()];
    bob.stall(true);
    const writer = new Writer(tasks, 11);
    for (let i = 0; i < 10; i++) {
      ann.push(tasks, writer.write(...new Array(1_000).fill(i)));
      await bench.settle();
    }
    expect(bob.closed?.code).toBe(closeCodes.tooSlow);
    expect(bench.relay.status().counters.slowPeers).toBe(1);
    const { incarnation, number } = bob.last('resumed');
    const again = bench.connect().hello().subscribe({ incarnation, number });
    await bench.settle();
    expect(elementsOf(again.assemble(tasks))).toHaveLength(10);
    expect(ann.closed).toBeUndefined();
  });

  test('loses presence rather than queueing it', async () => {
    await bench.close();
    bench = await RelayBench.start({ presenceBehindBytes: 100 });
    const [ann, bob] = [await bench.join(), await bench.join()];
    bob.stall(true);
    for (let i = 0; i < 10; i++) ann.send({ type: 'presence', presence: new Uint8Array(90) });
    await bench.settle();
    bob.stall(false);
    await bench.settle();
    expect(bob.received('presence').length).toBeLessThan(4);
    expect(bench.relay.status().counters.droppedPresence).toBeGreaterThan(6);
  });
});

describe('[BD] limits', () => {
  test('a relay with as many links as it can keep refuses more, and takes them again later', async () => {
    await bench.close();
    bench = await RelayBench.start({ links: 2 });
    const [ann] = [await bench.join(), await bench.join()];
    const third = bench.connect().hello();
    await bench.settle();
    expect(third.closed?.code).toBe(closeCodes.overloaded);
    ann.disconnect();
    await bench.settle();
    expect((await bench.join()).closed).toBeUndefined();
  });

  test('a link that pushes faster than the log takes it is closed before memory fills', async () => {
    await bench.close();
    bench = await RelayBench.start({ pendingBytes: 5_000 });
    const ann = await bench.join();
    bench.faults.hold = true;
    const writer = new Writer(tasks, 11);
    for (let i = 0; i < 10; i++) ann.push(tasks, writer.write(...new Array(1_000).fill(i)));
    await bench.settle();
    expect(ann.closed?.code).toBe(closeCodes.overloaded);
    expect(bench.relay.status().meshes[0]?.pendingBytes).toBeLessThanOrEqual(5_000);
  });

  test('states of documents beyond the cache are loaded again, with nothing forgotten', async () => {
    await bench.close();
    bench = await RelayBench.start({ cachedStateBytes: 2_000 });
    const ann = await bench.join();
    const writers = Array.from({ length: 30 }, (_, i) => new Writer(segmentOf(`n/${i}`), 100 + i));
    for (let round = 1; round <= 3; round++) {
      for (const writer of writers) {
        ann.push(writer.name, writer.write(round));
        await bench.settle(5);
      }
    }
    await bench.settle();
    const [mesh] = bench.relay.status().meshes;
    expect(mesh?.loadedDocuments).toBeLessThan(10);
    expect(mesh?.head).toBe(90);
    expect(ann.received('gap')).toEqual([]);
  });

  test('a mesh that nobody uses is unloaded, and loaded again for the next link', async () => {
    await bench.close();
    bench = await RelayBench.start({ idleMeshMs: 1_000 });
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    ann.disconnect();
    await bench.settle(5_000);
    expect(bench.relay.status().meshes).toEqual([]);
    const bob = await bench.join();
    expect(bob.last('resumed').number).toBe(1);
  });
});

describe('closing the relay', () => {
  test('[ND] commits what is pending, tells the links, and says goodbye', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.push(tasks, new Writer(tasks, 11).write(1));
    ann.push(notes, new Writer(notes, 12).write(2));
    await bench.settle(0);
    await bench.time.complete(bench.relay.close());
    await bench.settle();
    expect(ann.last('durable')).toMatchObject({ received: 2 });
    expect(bob.last('durable')).toMatchObject({ sent: 2, number: 2 });
    for (const replica of [ann, bob]) expect(replica.closed?.code).toBe(closeCodes.goingAway);
  });

  test('leaves no timer behind, and refuses later links', async () => {
    await bench.join();
    await bench.time.complete(bench.relay.close());
    await bench.settle();
    expect(bench.time.waiting).toBe(0);
    const late = bench.connect().hello();
    await bench.settle();
    expect(late.closed?.code).toBe(closeCodes.goingAway);
  });
});
