import type { NearestQuery, RecallRequest, RecordText, VectorStore } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Embedder } from './embedder.js';

/** Records that one recall gives vectors to, newest first: what was written since the last one. */
const EMBEDDED_TOGETHER = 256;

/**
 * The slots whose vectors are nearest to the query's, best first. What lacks a vector gets one, up to a
 * bound. Undefined when the embedder fails: recall goes on without it.
 */
export async function vectorList(
  vectors: VectorStore,
  embedder: Embedder,
  request: RecallRequest,
  filters: Omit<NearestQuery, 'embedder' | 'vector' | 'limit'>,
  limit: number,
): Promise<readonly number[] | undefined> {
  try {
    await embedMissing(vectors, embedder);
    const [vector] = await embedder.embed([request.query]);
    if (vector === undefined) return undefined;
    const found = await vectors.nearest({ ...filters, embedder: embedder.id, vector, limit });
    return found.map(({ slot }) => slot);
  } catch (error) {
    if (error instanceof MnemeshError && EMBEDDER_ERRORS.has(error.code)) return undefined;
    throw error;
  }
}

const EMBEDDER_ERRORS: ReadonlySet<string> = new Set(['offline', 'bad_input', 'not_permitted']);

async function embedMissing(vectors: VectorStore, embedder: Embedder): Promise<void> {
  const missing: readonly (readonly [number, RecordText])[] = [
    ...(await vectors.missing(embedder.id, EMBEDDED_TOGETHER)),
  ];
  if (missing.length === 0) return;
  const made = await embedder.embed(missing.map(([, { text }]) => text));
  await vectors.put(
    embedder.id,
    missing.flatMap(([slot, record], i) => {
      const vector = made[i];
      return vector === undefined ? [] : [{ slot, record, vector }];
    }),
  );
}
