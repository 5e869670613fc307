import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { PostingsQuery } from './postings.js';

/**
 * Vectors of records, made by some embedder and kept beside the postings. They are derived: a store may
 * lose them at any time, and drops those of a record with its text. Never synced.
 */
export interface VectorStore {
  /** Records without a vector of this embedder, newest first, by slot. */
  missing(embedder: string, limit: number): Promise<ReadonlyMap<number, RecordText>>;
  /** Keeps each vector whose record still has the text it was made of. */
  put(embedder: string, vectors: readonly RecordVector[]): Promise<void>;
  /** The most similar by cosine, best first. Vectors of another length are passed over. */
  nearest(
    query: NearestQuery,
  ): Promise<readonly { readonly slot: number; readonly similarity: number }[]>;
}

/** What of a record a vector is made of. */
export interface RecordText {
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly text: string;
}

export interface RecordVector {
  readonly slot: number;
  readonly record: RecordText;
  readonly vector: Float32Array;
}

export interface NearestQuery extends Omit<PostingsQuery, 'terms'> {
  readonly embedder: string;
  readonly vector: Float32Array;
  readonly limit: number;
}

/** Cosine of two vectors of one length; 0 where one of them is all zeros. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let ofA = 0;
  let ofB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    dot += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA === 0 || ofB === 0 ? 0 : dot / Math.sqrt(ofA * ofB);
}
