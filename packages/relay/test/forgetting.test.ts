import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeState } from '@mnemesh/segment';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RelayBench } from './relay-bench.js';
import { notes, type ScriptedReplica, segmentOf, tasks, Writer } from './scripted-replica.js';

const SECRET = 'the-secret-of-the-relay';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

/** Is this text in any file of the log, its write-ahead log included? */
function isOnDisk(text: string): boolean {
  return readdirSync(bench.directory).some((name) =>
    readFileSync(join(bench.directory, name)).includes(text),
  );
}

/** Pushes the secret and something else, then deletes the secret. */
async function written(ann: ScriptedReplica): Promise<Writer> {
  const writer = new Writer(tasks, 11);
  ann.push(tasks, writer.write(...Buffer.from(SECRET)));
  ann.push(tasks, writer.write(...Buffer.from('kept')));
  await bench.settle();
  return writer;
}

function deletion(writer: Writer): Uint8Array {
  const change = writer.document.edit([], [{ client: 11, clock: 0 }]);
  if (change === undefined) throw new Error('nothing was deleted');
  return change.update;
}

function scrub(ann: ScriptedReplica, writer: Writer, request: number): void {
  const state = encodeState(writer.document.state);
  ann.send({ type: 'scrub', request, document: 0, state });
}

describe('a scrub', () => {
  test('[DL] is answered when nothing of what was deleted is left in any file', async () => {
    const ann = await bench.join();
    const writer = await written(ann);
    expect(isOnDisk(SECRET)).toBe(true);
    ann.push(tasks, deletion(writer));
    scrub(ann, writer, 7);
    await bench.settle();
    expect(ann.received('scrubbed')).toEqual([]);
    await bench.settle(1_000);
    expect(ann.received('scrubbed')).toEqual([{ type: 'scrubbed', request: 7 }]);
    expect(isOnDisk(SECRET)).toBe(false);
    expect(isOnDisk('kept')).toBe(true);
  });

  test('of what the relay does not hold yet is not answered', async () => {
    const ann = await bench.join();
    const writer = await written(ann);
    deletion(writer);
    scrub(ann, writer, 1);
    await bench.settle(5_000);
    expect(ann.received('scrubbed')).toEqual([]);
    expect(ann.closed).toBeUndefined();
  });

  test('[CP] that a failing write cut short is done when it is asked for again', async () => {
    for (const step of ['putBase', 'dropRows'] as const) {
      const ann = await bench.join();
      const writer = await written(ann);
      ann.push(tasks, deletion(writer));
      await bench.settle();
      bench.faults.failNext = step;
      scrub(ann, writer, 1);
      await bench.settle(2_000);
      expect(ann.received('scrubbed')).toEqual([]);
      const again = await bench.join();
      again.requestState(tasks, writer.document.state);
      scrub(again, writer, 2);
      await bench.settle(2_000);
      expect(again.received('scrubbed')).toHaveLength(1);
      expect(isOnDisk(SECRET)).toBe(false);
      await bench.close();
      bench = await RelayBench.start();
    }
  });
});

describe('an end', () => {
  const below = { namespace: tasks.namespace, floor: 2, segment: undefined } as const;

  test('[DL] deletes what is below the floor, refuses it from then on, and is kept through a restart', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const writer = await written(ann);
    bob.push(notes, new Writer(notes, 12).write(1));
    ann.send({ type: 'end', request: 3, ...below });
    await bench.settle(1_000);
    expect(ann.received('ended')).toEqual([{ type: 'ended', request: 3 }]);
    expect(isOnDisk(SECRET)).toBe(false);
    const number = bob.push(tasks, writer.document.encode());
    await bench.settle();
    expect(bob.last('denied')).toMatchObject({ push: number, reason: 'ended' });
    await bench.restart();
    const carl = await bench.join();
    expect(carl.received('catalog').flatMap(({ documents }) => documents)).toMatchObject([
      { namespace: notes.namespace },
    ]);
    carl.push(tasks, writer.document.encode());
    await bench.settle();
    expect(carl.last('denied')).toMatchObject({ reason: 'ended' });
    const above = segmentOf('shared/tasks', '2');
    const fresh = carl.push(above, new Writer(above, 13).write(1));
    await bench.settle();
    expect(carl.last('durable')).toMatchObject({ received: fresh });
    expect(carl.received('denied')).toHaveLength(1);
  });

  test('of one segment leaves the others; said again it is answered again', async () => {
    const ann = await bench.join();
    const other = segmentOf('shared/tasks', '2');
    await written(ann);
    ann.push(other, new Writer(other, 12).write(1));
    const one = { namespace: tasks.namespace, floor: 0, segment: tasks.segment } as const;
    for (const request of [1, 2]) {
      ann.send({ type: 'end', request, ...one });
      await bench.settle(1_000);
    }
    expect(ann.received('ended').map(({ request }) => request)).toEqual([1, 2]);
    const carl = await bench.join();
    expect(carl.received('catalog').flatMap(({ documents }) => documents)).toMatchObject([
      { segment: other.segment },
    ]);
  });
});
