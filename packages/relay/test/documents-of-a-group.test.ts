import { decodeState, stateCovers } from '@mnemesh/segment';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RelayBench } from './relay-bench.js';
import { elementsOf, notes, type ScriptedReplica, tasks, Writer } from './scripted-replica.js';

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

const taskWriter = () => new Writer(tasks, 11);
const noteWriter = () => new Writer(notes, 12);

/** Pushes to both documents, so that one group commits both, the notes last. */
async function pushBoth(by: ScriptedReplica, task: Uint8Array, note: Uint8Array): Promise<void> {
  by.push(tasks, task);
  by.push(notes, note);
  await bench.settle();
  expect(bench.faults.calls.at(-1)).toBe('append 2');
}

describe('two documents committed in one group', () => {
  test('[PR] are each sent once and whole to a link that asks for them, by one read', async () => {
    const ann = await bench.join();
    await pushBoth(ann, taskWriter().write(1), noteWriter().write(2));
    for (const name of [tasks, notes]) {
      const bob = await bench.join();
      bench.faults.reads.length = 0;
      bob.requestState(name);
      await bench.settle();
      expect(bob.closed).toBeUndefined();
      expect(bench.faults.reads).toEqual([0]);
      expect(bob.received('update')).toHaveLength(1);
      expect(bob.received('held')).toHaveLength(1);
      expect(elementsOf(bob.assemble(name))).toHaveLength(1);
    }
  });

  test('[PR] [ND] are sent with what the next group adds while a link is being answered', async () => {
    const ann = await bench.join();
    const [task, note] = [taskWriter(), noteWriter()];
    await pushBoth(ann, task.write(1), note.write(2));
    const bob = await bench.join({ globs: ['none'] });
    bench.faults.holdReads = true;
    bob.requestState(tasks);
    await bench.settle();
    await pushBoth(ann, task.write(3), note.write(4));
    expect(bob.received('held')).toEqual([]);
    bench.release();
    await bench.settle();
    expect(bob.types().filter((type) => type === 'update' || type === 'held')).toEqual([
      'update',
      'update',
      'held',
    ]);
    const sent = bob.assemble(tasks);
    expect(elementsOf(sent)).toEqual([1, 3]);
    expect(stateCovers(sent.state, decodeState(bob.last('held').state))).toBe(true);
  });

  test('keep the order in which they were written: a catalog names the newest first', async () => {
    const ann = await bench.join();
    await pushBoth(ann, taskWriter().write(1), noteWriter().write(2));
    const bob = await bench.join();
    const names = bob.received('catalog').flatMap(({ documents }) => documents);
    expect(names.map(({ namespace }) => namespace)).toEqual(['shared/notes', 'shared/tasks']);
  });
});
