import type { Namespace } from '@mnemesh/protocol';

/** Which records hold which terms: what lexical search reads in place of the records. */
export interface PostingsQuery {
  /** As the store's analyzer gives them, each once. */
  readonly terms: readonly string[];
  /** Exact namespaces; all when absent. */
  readonly namespaces?: readonly Namespace[];
  readonly collection?: string;
  /** Archived records are left out unless asked for. */
  readonly archived?: boolean | 'any';
}

/** Everything in it counts the records that pass the query's filters, and no others. */
export interface Postings {
  /** How many there are, whether they hold a term or not. */
  readonly records: number;
  /** Terms in all of their texts together. */
  readonly length: number;
  /** One list for each term of the query, in the query's order. */
  readonly lists: readonly PostingList[];
}

/** The records that hold one term: entry n of each column belongs to the n-th of them. */
export interface PostingList {
  /** Ascending. A slot names a record for `recordsAt`; another record may have it after this one was forgotten. */
  readonly slots: Uint32Array;
  /** How often the record holds the term. */
  readonly counts: Uint32Array;
  /** Terms in the record's text. */
  readonly lengths: Uint32Array;
  /** When the record was created: a `Clock`. */
  readonly created: Float64Array;
  /** `threadNumber` of the record's thread; 0 without one. */
  readonly threads: Float64Array;
  /** The record's place in its thread; 0 without one. */
  readonly positions: Uint32Array;
  /** `AnalyzedText.marks` of the record's text. */
  readonly marks: Uint8Array;
}

/** A place in the thread of the record at `slot`: `offset` further on. */
export interface PlaceBeside {
  readonly slot: number;
  readonly offset: number;
}

/**
 * A thread as a number of 53 bits, the same on every replica, never 0: FNV-1a from two beginnings.
 * Two threads share one by chance in 1 of 10^15 pairs; then their neighbours count as each other's.
 */
export function threadNumber(namespace: string, thread: string): number {
  const name = `${namespace}\n${thread}`;
  let high = 0x811c9dc5;
  let low = 0x050c5d1f;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x01000193);
  }
  return (high >>> 0) * 2 ** 21 + (low >>> 11) || 1;
}
