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
  /** What is known of the records that the lists name. */
  readonly posted: PostedRecords;
}

/** The records that hold one term: entry n of each column belongs to the n-th of them. */
export interface PostingList {
  /** Ascending. A slot names a record for `recordsAt`; another record may have it after this one was forgotten. */
  readonly slots: Uint32Array;
  /** How often the record holds the term. */
  readonly counts: Uint32Array;
}

/**
 * Records by their slots, apart from the terms they hold: common words have tens of thousands of postings, and a
 * scorer asks about few of them. Of a slot that no list names it may say anything. It is of the same moment as the lists,
 * whatever is written later.
 */
export interface PostedRecords {
  /** Terms in the record's text. */
  lengthOf(slot: number): number;
  /** When the record was created: a `Clock`. */
  createdOf(slot: number): number;
  /** `threadNumber` of the record's thread; 0 without one. */
  threadOf(slot: number): number;
  /** The record's place in its thread; 0 without one. */
  positionOf(slot: number): number;
  /** `AnalyzedText.marks` of the record's text. */
  marksOf(slot: number): number;
}

/** All that `PostedRecords` says of one record. */
export interface PostedRecord {
  readonly length: number;
  readonly created: number;
  readonly thread: number;
  readonly position: number;
  readonly marks: number;
}

/** For an index that keeps an object for each record, replaced rather than changed. */
export class PostedMap implements PostedRecords {
  readonly #records: ReadonlyMap<number, PostedRecord>;

  /** @param records by slot; nobody changes it after the lists were given away */
  constructor(records: ReadonlyMap<number, PostedRecord>) {
    this.#records = records;
  }

  lengthOf(slot: number): number {
    return this.#records.get(slot)?.length ?? 0;
  }

  createdOf(slot: number): number {
    return this.#records.get(slot)?.created ?? 0;
  }

  threadOf(slot: number): number {
    return this.#records.get(slot)?.thread ?? 0;
  }

  positionOf(slot: number): number {
    return this.#records.get(slot)?.position ?? 0;
  }

  marksOf(slot: number): number {
    return this.#records.get(slot)?.marks ?? 0;
  }
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
