import {
  cosine,
  type NearestQuery,
  type RecordVector,
  type StoredRecord,
  type VectorStore,
} from '@mnemesh/core';
import { byNewest, matchesQuery } from './record-query.js';

/** Vectors in memory, lost with it: that is all the port promises. */
export class MemoryVectors implements VectorStore {
  readonly #records: () => ReadonlyMap<number, StoredRecord>;
  readonly #vectors = new Map<string, Map<number, RecordVector>>();

  constructor(records: () => ReadonlyMap<number, StoredRecord>) {
    this.#records = records;
  }

  async missing(embedder: string, limit: number): Promise<ReadonlyMap<number, StoredRecord>> {
    const held = this.#of(embedder);
    const missing = [...this.#records()].filter(
      ([slot, record]) => record.text !== '' && held.get(slot)?.record.text !== record.text,
    );
    return new Map(missing.sort(([, a], [, b]) => byNewest(a, b)).slice(0, limit));
  }

  async put(embedder: string, vectors: readonly RecordVector[]): Promise<void> {
    const held = this.#of(embedder);
    for (const one of vectors)
      if (this.#records().get(one.slot)?.text === one.record.text) held.set(one.slot, one);
  }

  async nearest({ embedder, vector, limit, ...filter }: NearestQuery) {
    return [...this.#of(embedder)]
      .filter(([slot, { record }]) => {
        const now = this.#records().get(slot);
        return now?.text === record.text && matchesQuery(now, filter);
      })
      .filter(([, one]) => one.vector.length === vector.length)
      .map(([slot, one]) => ({ slot, similarity: cosine(vector, one.vector) }))
      .sort((a, b) => b.similarity - a.similarity || a.slot - b.slot)
      .slice(0, limit);
  }

  #of(embedder: string): Map<number, RecordVector> {
    const held = this.#vectors.get(embedder) ?? new Map<number, RecordVector>();
    this.#vectors.set(embedder, held);
    return held;
  }
}
