import type { NearestQuery, VectorStore } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Embedder } from './embedder.js';
import type { VectorFiller } from './vector-filler.js';

export interface VectorList {
  /** Slots whose vectors are nearest to the query's, best first. Undefined when the embedder fails: recall goes on without it. */
  readonly slots: readonly number[] | undefined;
  /** What whoever asked should know of it. */
  readonly note?: string;
}

/** Asks the embedder, and the vectors that records have by now. */
export async function vectorList(
  { vectors, embedder, filler }: EmbeddedStore,
  query: string,
  filters: Omit<NearestQuery, 'embedder' | 'vector' | 'limit'>,
  limit: number,
): Promise<VectorList> {
  try {
    const vector = await filler.query(query);
    if (vector === undefined) return { slots: undefined };
    const found = await vectors.nearest({ ...filters, embedder: embedder.id, vector, limit });
    const slots = found.map(({ slot }) => slot);
    return filler.isBehind ? { slots, note: BEHIND } : { slots };
  } catch (error) {
    if (!(error instanceof MnemeshError) || !EMBEDDER_ERRORS.has(error.code)) throw error;
    return { slots: undefined, note: `Ranked by words alone: ${error.message}` };
  }
}

/** A store whose records are given vectors. */
export interface EmbeddedStore {
  readonly vectors: VectorStore;
  readonly embedder: Embedder;
  readonly filler: VectorFiller;
}

const BEHIND = 'Some records have no vector yet, and are ranked by words alone.';

const EMBEDDER_ERRORS: ReadonlySet<string> = new Set(['offline', 'bad_input', 'not_permitted']);
