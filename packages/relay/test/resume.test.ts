import type { Incarnation } from '@mnemesh/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RelayBench } from './relay-bench.js';
import {
  elementsOf,
  notes,
  type ScriptedReplica,
  segmentOf,
  tasks,
  Writer,
} from './scripted-replica.js';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

/** The cursor a replica would save: the highest number in `resumed` and `durable`, in link order. */
function cursorOf(replica: ScriptedReplica): { incarnation: Incarnation; number: number } {
  const { incarnation, number } = replica.last('resumed');
  const later = replica.received('durable').map((frame) => frame.number);
  return { incarnation, number: Math.max(number, ...later) };
}

async function resume(cursor: ReturnType<typeof cursorOf>): Promise<ScriptedReplica> {
  const replica = bench.connect().hello().subscribe(cursor);
  await bench.settle();
  return replica;
}

describe('a replica that reconnects', () => {
  test('gets what it lacks of all documents in one round trip, and nothing else', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const writers = Array.from({ length: 50 }, (_, i) => new Writer(segmentOf(`n/${i}`), 100 + i));
    for (const writer of writers) ann.push(writer.name, writer.write(1));
    await bench.settle();
    const cursor = cursorOf(bob);
    expect(cursor.number).toBe(50);
    bob.disconnect();
    await bench.settle();
    ann.push((writers[7] as Writer).name, (writers[7] as Writer).write(2));
    ann.push((writers[9] as Writer).name, (writers[9] as Writer).write(3));
    await bench.settle();
    const again = await resume(cursor);
    expect(again.types()).toEqual([
      'welcome',
      'introduce',
      'update',
      'introduce',
      'update',
      'resumed',
    ]);
    expect(again.last('resumed')).toMatchObject({ number: 52, whole: true });
  });

  test('after a restart of the relay resumes from a cursor of the incarnation before', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(1));
    await bench.settle();
    const cursor = cursorOf(ann);
    await bench.restart();
    const bob = await bench.join();
    bob.push(tasks, writer.write(2));
    await bench.settle();
    const again = await resume(cursor);
    expect(again.received('update')).toHaveLength(1);
    expect(again.last('resumed')).toMatchObject({
      incarnation: bench.log.incarnation,
      number: 2,
      whole: true,
    });
  });

  test('with a whole base newer than its cursor gets the base', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    for (let i = 1; i <= 4; i++) ann.push(tasks, writer.write(i));
    await bench.settle();
    const mesh = await bench.log.mesh('demo' as never);
    await mesh.putBase(tasks.guid, { update: writer.document.encode(), through: 3 });
    const again = await resume({ incarnation: bench.log.incarnation, number: 2 });
    expect(again.received('update')).toHaveLength(2);
    expect(elementsOf(again.assemble(tasks))).toEqual([1, 2, 3, 4]);
    const later = await resume({ incarnation: bench.log.incarnation, number: 3 });
    expect(later.received('update')).toHaveLength(1);
  });
});

describe('a cursor is refused, and the documents are named instead,', () => {
  async function twoIncarnations(): Promise<{ readonly first: Incarnation }> {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(1));
    ann.push(notes, new Writer(notes, 12).write(2));
    await bench.settle();
    const first = bench.log.incarnation;
    await bench.restart();
    const bob = await bench.join();
    bob.push(tasks, writer.write(3));
    await bench.settle();
    return { first };
  }

  test.each([
    ['when its incarnation is unknown', () => 'ab'.repeat(16) as Incarnation, 1],
    ['when the next incarnation gave its number again', (first: Incarnation) => first, 3],
    ['when it is past the head', () => bench.log.incarnation, 4],
  ])('%s', async (_why, incarnation, number) => {
    const { first } = await twoIncarnations();
    const again = await resume({ incarnation: incarnation(first), number });
    expect(again.received('update')).toEqual([]);
    expect(again.last('resumed')).toMatchObject({ number: 3, whole: false });
    const names = again.received('catalog').flatMap(({ documents }) => documents);
    expect(names.map((entry) => entry.namespace)).toEqual(['shared/tasks', 'shared/notes']);
  });

  test('and a catalog names only what the globs match, newest first, with hashes of its state', async () => {
    await twoIncarnations();
    const ann = bench.connect().hello().subscribe(undefined, ['shared/tasks']);
    await bench.settle();
    const entries = ann.received('catalog').flatMap(({ documents }) => documents);
    expect(entries).toHaveLength(1);
    expect(entries[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
    ann.requestState(tasks);
    await bench.settle();
    expect(elementsOf(ann.assemble(tasks))).toEqual([1, 3]);
  });
});

describe('a link admitted while a group is pending', () => {
  test('gets the pending updates after what is committed, and is acked with them', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    ann.push(tasks, writer.write(1));
    await bench.settle();
    bench.faults.hold = true;
    ann.push(tasks, writer.write(2));
    await bench.settle();
    const bob = await resume({ incarnation: bench.log.incarnation, number: 0 });
    expect(bob.types()).toEqual(['welcome', 'introduce', 'update', 'resumed', 'push']);
    expect(bob.last('resumed').number).toBe(1);
    expect(cursorOf(bob).number).toBe(1);
    bench.release();
    await bench.settle();
    expect(cursorOf(bob).number).toBe(2);
    expect(elementsOf(bob.assemble(tasks))).toEqual([1, 2]);
  });

  test('never learns a number of which it was not sent everything', async () => {
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    for (let i = 0; i < 20; i++) ann.push(tasks, writer.write(i));
    await bench.settle();
    const bob = bench
      .connect()
      .hello()
      .subscribe({ incarnation: bench.log.incarnation, number: 0 });
    for (let i = 20; i < 40; i++) {
      ann.push(tasks, writer.write(i));
      await bench.settle(1);
      if (bob.received('resumed').length > 0) {
        const known = bob.assemble(tasks).state.clocks.get(11) ?? 0;
        expect(known).toBeGreaterThanOrEqual(cursorOf(bob).number);
      }
    }
    await bench.settle();
    expect(cursorOf(bob).number).toBe(40);
    expect(elementsOf(bob.assemble(tasks))).toHaveLength(40);
  });
});

describe('a link that is slow to resume', () => {
  test('is sent what was committed meanwhile before it learns a number, and is acked only then', async () => {
    await bench.close();
    bench = await RelayBench.start({ paceBytes: 2_000 });
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    for (let i = 0; i < 10; i++) ann.push(tasks, writer.write(...new Array(1_000).fill(i)));
    await bench.settle();
    const bob = bench.connect();
    bob.stall(true);
    bob.hello().subscribe({ incarnation: bench.log.incarnation, number: 0 });
    await bench.settle();
    bob.push(notes, new Writer(notes, 12).write(7));
    ann.push(tasks, writer.write(10));
    await bench.settle();
    expect(ann.last('durable').number).toBe(12);
    bob.stall(false);
    await bench.settle();
    const ends = bob.types().filter((type) => type === 'resumed' || type === 'durable');
    expect(ends).toEqual(['resumed', 'durable']);
    expect(bob.last('resumed').number).toBe(12);
    expect(bob.last('durable')).toMatchObject({ received: 1, number: 12 });
    const sent = bob.frames.slice(0, bob.types().indexOf('resumed'));
    expect(sent.filter((frame) => frame.type === 'update').length).toBeGreaterThanOrEqual(11);
    expect(elementsOf(bob.assemble(tasks))).toHaveLength(11);
  });

  test('with a catalog is named what was committed meanwhile', async () => {
    await bench.close();
    bench = await RelayBench.start({ paceBytes: 10 });
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(1));
    await bench.settle();
    const bob = bench.connect();
    bob.stall(true);
    bob.hello().subscribe();
    await bench.settle();
    ann.push(notes, new Writer(notes, 12).write(2));
    await bench.settle();
    bob.stall(false);
    await bench.settle();
    const names = bob.received('catalog').flatMap(({ documents }) => documents);
    expect(names.map((entry) => entry.namespace)).toEqual(['shared/tasks', 'shared/notes']);
    expect(bob.last('resumed').number).toBe(2);
  });
});

describe('[BD] a resume', () => {
  test('waits for a slow link instead of filling its buffer, and completes when it drains', async () => {
    await bench.close();
    bench = await RelayBench.start({ paceBytes: 5_000, slowPeerBytes: 20_000 });
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    for (let i = 0; i < 60; i++) ann.push(tasks, writer.write(...new Array(1_000).fill(i)));
    await bench.settle();
    const bob = bench.connect();
    bob.stall(true);
    bob.hello().subscribe({ incarnation: bench.log.incarnation, number: 0 });
    await bench.settle(1_000);
    expect(bob.closed).toBeUndefined();
    bob.stall(false);
    await bench.settle(1_000);
    expect(bob.last('resumed').number).toBe(60);
    expect(elementsOf(bob.assemble(tasks))).toHaveLength(60);
  });

  test('brings one update that is larger than what a slow peer may leave unread', async () => {
    await bench.close();
    bench = await RelayBench.start({ slowPeerBytes: 20_000 });
    const ann = await bench.join();
    ann.push(tasks, new Writer(tasks, 11).write(...new Array(30_000).fill(7)));
    await bench.settle();
    const bob = bench.connect();
    bob.stall(true);
    bob.hello().subscribe({ incarnation: bench.log.incarnation, number: 0 });
    await bench.settle();
    expect(bob.closed).toBeUndefined();
    bob.stall(false);
    await bench.settle();
    expect(bob.last('resumed').number).toBe(1);
    expect(elementsOf(bob.assemble(tasks))).toHaveLength(1);
  });

  test('gives up on a link that drains nothing', async () => {
    await bench.close();
    bench = await RelayBench.start({ paceBytes: 5_000, stalledMs: 3_000 });
    const ann = await bench.join();
    const writer = new Writer(tasks, 11);
    for (let i = 0; i < 60; i++) ann.push(tasks, writer.write(...new Array(1_000).fill(i)));
    await bench.settle();
    const bob = bench.connect();
    bob.stall(true);
    bob.hello().subscribe({ incarnation: bench.log.incarnation, number: 0 });
    await bench.settle(10_000);
    expect(bob.closed?.code).toBe(4501);
  });
});
