import type { ReplicaStore } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import { guidOf, Place, recordOf, segmentBatch, testRuntime } from './fixtures.js';

const place = new Place();

/** Records that make a store too large to be checked whole at every opening. */
const large = Array.from({ length: 1_000 }, (_, n) => ({
  ...recordOf('1'),
  id: `1.R${n}` as RecordId,
  ref: undefined,
  view: JSON.stringify('x'.repeat(6_000)),
}));

/** Timers that run when the test says so. */
class Turns {
  readonly #waiting = new Set<() => void>();

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  async open(): Promise<ReplicaStore> {
    const after = (_ms: number, run: () => void) => {
      this.#waiting.add(run);
      return () => this.#waiting.delete(run);
    };
    return place.open({ runtime: { ...testRuntime(), after } });
  }

  /** @param turns of the event loop, or until nothing is planned */
  run(turns = Number.POSITIVE_INFINITY): void {
    for (let n = 0; n < turns && !this.idle; n++) {
      const [run] = this.#waiting as Iterable<() => void> as Set<() => void>;
      this.#waiting.delete(run as () => void);
      run?.();
    }
  }
}

function change(sql: string): void {
  const database = place.connect();
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
}

async function fillAndCrash(): Promise<void> {
  await place.filled(segmentBatch('1'), segmentBatch('2'), { records: large });
  change('UPDATE identity SET clean = 0');
}

const forgeRecord = "UPDATE records SET view = 'forged' WHERE id = '1.R9'";

describe('a large store', () => {
  it('plans no check after an orderly end', async () => {
    await place.filled(segmentBatch('1'), { records: large });
    const turns = new Turns();
    await turns.open();
    expect(turns.idle).toBe(true);
  });

  it('is read once in small turns after an end that was not, and what is damaged is moved aside', async () => {
    await fillAndCrash();
    change(forgeRecord);
    const turns = new Turns();
    const store = await turns.open();
    expect(store.damaged).toEqual([]);
    turns.run(3);
    expect(turns.idle).toBe(false);
    turns.run();
    expect(store.damaged).toEqual([{ guid: guidOf('1'), rows: 1 }]);
    expect(await store.count({})).toBe(large.length + 1);
  });

  it('is checked again when the check was cut short, and not once it was finished', async () => {
    await fillAndCrash();
    const turns = new Turns();
    await (await turns.open()).close();
    expect(turns.idle).toBe(true);
    const again = await turns.open();
    expect(turns.idle).toBe(false);
    turns.run();
    await again.close();
    await turns.open();
    expect(turns.idle).toBe(true);
  });

  it('never shows a damaged record that no check has come to yet', async () => {
    await fillAndCrash();
    change(forgeRecord);
    const store = await new Turns().open();
    expect(await store.record(recordOf('1').namespace, '1.R9' as RecordId)).toBeUndefined();
    expect(store.damaged).toEqual([{ guid: guidOf('1'), rows: 1 }]);
  });
});
