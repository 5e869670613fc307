import { decodeState, emptyState, stateCovers } from '@mnemesh/segment';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { relayLimits } from '../src/relay-limits.js';
import { RelayBench } from './relay-bench.js';
import { elementsOf, notes, tasks, Writer } from './scripted-replica.js';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

describe('a push', () => {
  test('reaches the other replicas before it is durable, and is acked only after', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    bench.faults.hold = true;
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    expect(elementsOf(bob.assemble(tasks))).toEqual([1]);
    expect(ann.received('durable')).toEqual([]);
    expect(bob.received('durable')).toEqual([]);
    bench.release();
    await bench.settle();
    expect(ann.last('durable')).toMatchObject({ received: 1, sent: 0, number: 1 });
    expect(bob.last('durable')).toMatchObject({ received: 0, sent: 1, number: 1 });
  });

  test('[ND] that was acked is in the log after a restart', async () => {
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    expect(ann.last('durable')).toMatchObject({ received: 1 });
    await bench.restart();
    const carl = await bench.join();
    carl.requestState(tasks);
    await bench.settle();
    expect(elementsOf(carl.assemble(tasks))).toEqual([1]);
  });

  test('of a group is acked with the others by one frame that names the last number', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    for (let i = 1; i <= 5; i++) ann.push(tasks, writer.write(i));
    await bench.settle();
    expect(ann.received('durable')).toEqual([{ type: 'durable', received: 5, sent: 0, number: 5 }]);
    expect(bench.faults.calls).toEqual(['append 5']);
  });

  test('that comes while a group is written is not acked with it', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    bench.faults.hold = true;
    ann.push(tasks, writer.write(1));
    await bench.settle();
    ann.push(tasks, writer.write(2));
    await bench.settle();
    expect(ann.received('durable')).toEqual([]);
    bench.release();
    await bench.settle();
    expect(ann.received('durable')).toEqual([
      { type: 'durable', received: 1, sent: 0, number: 1 },
      { type: 'durable', received: 2, sent: 0, number: 2 },
    ]);
  });

  test('does not come back to its sender, nor reach a replica without a matching glob', async () => {
    const ann = await bench.join();
    const bob = await bench.join({ globs: ['shared/notes'] });
    ann.push(tasks, new Writer(tasks, 11).write(1));
    ann.push(notes, new Writer(notes, 12).write(2));
    await bench.settle();
    expect(ann.received('push')).toEqual([]);
    expect(bob.received('push')).toHaveLength(1);
    expect(elementsOf(bob.assemble(notes))).toEqual([2]);
  });

  test('[ID] that holds nothing new is acked and stored once', async () => {
    const ann = await bench.join();
    const bob = await bench.join();
    const update = new Writer(tasks, 11).write(1);
    ann.push(tasks, update);
    bob.push(tasks, update);
    await bench.settle();
    ann.push(tasks, update);
    await bench.settle();
    expect(ann.last('durable')).toMatchObject({ received: 2, number: 1 });
    expect(bob.last('durable')).toMatchObject({ received: 1, number: 1 });
    expect(bench.relay.status().meshes[0]?.head).toBe(1);
  });

  test('[ND] that is only held in a pending group is acked after that group, not before', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const update = new Writer(tasks, 11).write(1);
    bench.faults.hold = true;
    ann.push(tasks, update);
    await bench.settle();
    bob.push(tasks, update);
    await bench.settle();
    expect(bob.received('durable')).toEqual([]);
    bench.release();
    await bench.settle();
    expect(bob.last('durable')).toMatchObject({ received: 1, sent: 1, number: 1 });
  });

  test('that does not follow on what is held is answered with what is held, and not stored', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    const [first, lost, third] = [writer.write(1), writer.write(2), writer.write(3)];
    ann.push(tasks, first);
    const number = ann.push(tasks, third);
    await bench.settle();
    const gap = ann.last('gap');
    expect(gap.push).toBe(number);
    const held = decodeState(gap.state);
    expect(held.clocks.get(11)).toBe(1);
    const rest = writer.document.missing(held);
    ann.push(tasks, rest as Uint8Array);
    await bench.settle();
    expect(ann.last('durable')).toMatchObject({ received: 3, number: 2 });
    expect(lost.length).toBeGreaterThan(0);
  });

  test('with a deletion of what nobody has is a gap, not a stored orphan', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    writer.write(1);
    const deletion = writer.document.edit([], [{ client: 11, clock: 0 }])?.update as Uint8Array;
    ann.push(tasks, deletion);
    await bench.settle();
    expect(ann.received('gap')).toHaveLength(1);
    expect(bench.relay.status().meshes[0]?.head).toBe(0);
  });

  test('of bytes that are no update is denied, like every later one to that document', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const writer = new Writer(tasks, 11);
    const denied = ann.push(tasks, Uint8Array.of(1, 2, 3, 250, 250));
    const later = ann.push(tasks, writer.write(1));
    ann.push(notes, new Writer(notes, 12).write(2));
    await bench.settle();
    expect(ann.received('denied').map(({ push, reason }) => [push, reason])).toEqual([
      [denied, 'malformed'],
      [later, 'malformed'],
    ]);
    expect(ann.closed).toBeUndefined();
    expect(ann.last('durable')).toMatchObject({ received: 3, number: 1 });
    expect(bob.received('push')).toHaveLength(1);
  });

  test('out of number closes the link', async () => {
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    ann.send({ type: 'push', number: 5, document: 0, update: new Writer(notes, 12).write(1) });
    await bench.settle();
    expect(ann.closed?.code).toBe(4500);
  });

  test("[BD] beyond a document's limit is denied as too large", async () => {
    await bench.close();
    bench = await RelayBench.start({ documentBytes: 400 });
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(...new Array(200).fill(7)));
    ann.push(tasks, writer.write(...new Array(200).fill(7)));
    await bench.settle();
    expect(ann.last('denied')).toMatchObject({ push: 2, reason: 'too_large' });
    expect(bench.relay.status().meshes[0]?.head).toBe(1);
  });
});

describe('two replicas', () => {
  test('that push at the same time both end with both writes', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.push(tasks, new Writer(tasks, 11).write(1));
    bob.push(tasks, new Writer(tasks, 12).write(2));
    await bench.settle();
    expect(elementsOf(ann.assemble(tasks))).toEqual([2]);
    expect(elementsOf(bob.assemble(tasks))).toEqual([1]);
  });

  test("see each other's presence, which is never stored", async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    ann.send({ type: 'presence', presence: Uint8Array.of(1, 2) });
    await bench.settle();
    expect(bob.last('presence').presence).toEqual(Uint8Array.of(1, 2));
    expect(ann.received('presence')).toEqual([]);
    expect(bench.faults.calls).toEqual([]);
  });

  test("are told so much of one link's presence in a second, and no more [BD]", async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const { linkPresence } = relayLimits;
    for (let n = 0; n < linkPresence + 20; n++)
      ann.send({ type: 'presence', presence: Uint8Array.of(n % 256) });
    await bench.settle();
    expect(bob.received('presence')).toHaveLength(linkPresence);
    await bench.time.advance(1_000);
    ann.send({ type: 'presence', presence: Uint8Array.of(7) });
    await bench.settle();
    expect(bob.received('presence')).toHaveLength(linkPresence + 1);
  });
});

describe('asking for a document by state', () => {
  test('brings what is missing and what the relay holds of it', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(1));
    await bench.settle();
    const early = writer.document.state;
    ann.push(tasks, writer.write(2));
    await bench.settle();
    const bob = await bench.join();
    bob.requestState(tasks, early);
    await bench.settle();
    expect(bob.received('update')).toHaveLength(1);
    expect(decodeState(bob.last('held').state).clocks.get(11)).toBe(2);
  });

  test('of an unknown document says that nothing is held', async () => {
    const ann = await bench.join();
    ann.requestState(notes);
    await bench.settle();
    expect(ann.received('update')).toEqual([]);
    expect(decodeState(ann.last('held').state)).toEqual(emptyState);
  });

  test('sends what is pending after `held`, numbered, so that it is covered by an ack', async () => {
    const ann = await bench.join();
    const bob = await bench.join({ globs: ['none'] });
    bench.faults.hold = true;
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(1));
    await bench.settle();
    bob.requestState(tasks);
    await bench.settle();
    expect(decodeState(bob.last('held').state)).toEqual(emptyState);
    expect(bob.types().slice(-2)).toEqual(['held', 'push']);
    bench.release();
    await bench.settle();
    expect(bob.last('durable')).toMatchObject({ sent: 1, number: 1 });
  });

  test('answers a gap in what was forwarded the same way', async () => {
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    const bob = await bench.join();
    bob.requestState(tasks);
    await bench.settle();
    const before = bob.received('held').length;
    bob.send({ type: 'gap', push: 1, document: 0, state: Uint8Array.of(0, 0) });
    await bench.settle();
    expect(bob.received('held')).toHaveLength(before + 1);
    expect(stateCovers(decodeState(bob.last('held').state), emptyState)).toBe(true);
    expect(bob.received('update')).toHaveLength(2);
  });
});
