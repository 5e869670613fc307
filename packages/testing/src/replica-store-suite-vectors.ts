import type { ReplicaStore, StoredRecord } from '@mnemesh/core';
import { describe, expect, it } from 'vitest';
import type { StoreBench } from './replica-store-bench.js';
import { clock, memory, record, recordId, tasks } from './replica-store-samples.js';

const MODEL = 'a model';

/** Gives every record that lacks one a vector by its text. */
async function embed(store: ReplicaStore, vectors: Readonly<Record<string, number[]>>) {
  const missing = [...(await store.vectors.missing(MODEL, 99))];
  await store.vectors.put(
    MODEL,
    missing.map(([slot, one]) => ({
      slot,
      record: one,
      vector: Float32Array.from(vectors[one.text] as number[]),
    })),
  );
  return missing.map(([, { text }]) => text);
}

async function nearest(store: ReplicaStore, vector: readonly number[], filter = {}) {
  const query = { embedder: MODEL, vector: Float32Array.from(vector), limit: 9, ...filter };
  const found = await store.vectors.nearest(query);
  const records = await store.recordsAt(found.map(({ slot }) => slot));
  return found.map(({ slot }) => (records.get(slot) as StoredRecord).text);
}

const sky = { blue: [1, 0], azure: [0.9, 0.1], green: [0, 1], gone: [1, 0.01] };

export function testVectors(bench: StoreBench): void {
  describe('vectors', () => {
    it('are made once for each record, newest first, and lead to the most similar', async () => {
      const store = await bench.with({
        records: [
          record('A', { text: 'blue' }),
          record('B', { text: 'green', created: clock(3) }),
          record('C', { text: 'azure', created: clock(2) }),
        ],
      });
      expect(await embed(store, sky)).toEqual(['green', 'azure', 'blue']);
      expect(await embed(store, sky)).toEqual([]);
      expect(await nearest(store, [1, 0])).toEqual(['blue', 'azure', 'green']);
    });

    it('pass the filters of a query, and those of another length or model do not count', async () => {
      const store = await bench.with({
        records: [
          record('A', { text: 'blue' }),
          record('B', { text: 'azure', namespace: tasks }),
          record('C', { text: 'green', archived: true }),
        ],
      });
      await embed(store, sky);
      expect(await nearest(store, [1, 0], { namespaces: [memory] })).toEqual(['blue']);
      expect(await nearest(store, [1, 0], { archived: 'any' })).toHaveLength(3);
      expect(await nearest(store, [1, 0, 0])).toEqual([]);
      expect(await nearest(store, [1, 0], { embedder: 'another' })).toEqual([]);
    });

    it('[DL] go with the text they were made of, also while they are being made', async () => {
      const store = await bench.with({
        records: [record('A', { text: 'blue' }), record('B', { text: 'gone' })],
      });
      const late = [...(await store.vectors.missing(MODEL, 9))];
      await embed(store, sky);
      await store.commit({ removeRecords: [{ namespace: memory, id: recordId('B') }] });
      await store.commit({ records: [record('A', { text: 'green' })] });
      expect(await nearest(store, [1, 0])).toEqual([]);
      const vector = Float32Array.of(1, 0);
      await store.vectors.put(
        MODEL,
        late.map(([slot, one]) => ({ slot, record: one, vector })),
      );
      expect(await nearest(store, [1, 0])).toEqual([]);
      expect(await embed(store, sky)).toEqual(['green']);
    });
  });
}
