import type { Namespace, Runtime } from '@mnemesh/protocol';
import type { Analyzer } from './analyzer.js';
import type { ReplicaStore, StoredRecord } from './replica-store.js';
import type { VectorStore } from './vectors.js';

/**
 * Search over the records of one store. It reads; what a session is shown of what it finds is the
 * caller's business. Equal records, request and `now` give equal answers on every replica.
 */
export interface Recaller {
  /** Takes apart what the store indexes. */
  readonly analyzer: Analyzer;
  /** @throws MnemeshError `bad_input`, `too_large`, and what the store throws */
  recall(source: RecallSource, request: RecallRequest): Promise<RankedRecords>;
  /** Begins what is done for a store in the background, where there is any; whoever opened the store closes it first. */
  start?(
    source: Pick<ReplicaStore, 'vectors'>,
    runtime: Pick<Runtime, 'after' | 'now' | 'log'>,
  ): RecallPreparation;
}

/** Work for recall in the background. It never holds up a write. */
export interface RecallPreparation {
  /** Records of the store changed. */
  changed(): void;
  /** Resolves when it will not touch the store any more. Idempotent. */
  close(): Promise<void>;
}

/** What recall reads of a store. */
export type RecallSource = Pick<
  ReplicaStore,
  'postings' | 'recordsAt' | 'recordsBeside' | 'namedBy' | 'record'
> & {
  /** Absent where no vectors are kept. */
  readonly vectors?: VectorStore;
};

export interface RecallRequest {
  readonly query: string;
  /** At most this many. */
  readonly limit: number;
  /** Exact namespaces; all when absent. */
  readonly namespaces?: readonly Namespace[];
  readonly collection?: string;
  /** Milliseconds: only what was valid then, as it was known then. */
  readonly asOf?: number;
  /** What the texts of all hits may take together, in tokens as models count them, roughly. */
  readonly maxTokens?: number;
  /** Milliseconds: what is old is old as of then. */
  readonly now: number;
}

export interface RankedRecords {
  /** Best first. */
  readonly ranked: readonly RankedRecord[];
  /** Nothing that was found speaks of most of what was asked for. */
  readonly abstain: boolean;
  /** Records that were as good, but did not fit into `maxTokens`. */
  readonly omitted: number;
  /** What whoever asked should know: that an embedder was not reached, for example. */
  readonly note?: string;
}

export interface RankedRecord {
  readonly record: StoredRecord;
  /** Comparable within one answer only. */
  readonly score: number;
  /** For people: what of the query it holds, and what else speaks for it. */
  readonly why: readonly string[];
  /** Of the record's text, about. */
  readonly tokens: number;
}
