import type { Namespace } from '@mnemesh/protocol';

/** Which records hold which terms: what lexical search reads in place of the records. */
export interface PostingsQuery {
  /** As `termsOf` gives them, each once. */
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
}
