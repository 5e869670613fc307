import type {
  AgentId,
  Clock,
  Guid,
  Incarnation,
  MeshId,
  Namespace,
  RecordId,
  ReplicaId,
  SegmentName,
  SessionId,
  Version,
} from '@mnemesh/protocol';
import type { Analyzer } from './analyzer.js';
import type { PlaceBeside, Postings, PostingsQuery } from './postings.js';
import type { NamedBy, RecordReferences, Reference, TopicPlace } from './references.js';
import type { VectorStore } from './vectors.js';

/**
 * The storage port: one replica's documents, records and sync state on one device.
 *
 * Promises every adapter keeps, and the acceptance suite checks:
 * - `commit` is atomic, and durable when it resolves. Commits take effect in the order of the calls.
 *   One that rejects has changed nothing.
 * - After a commit rejected with `store_failed` every later one does, those already called included:
 *   a later commit may rest on the one that was lost. Opening the store again ends it.
 * - Reads see exactly the commits that have resolved (and may see one that is about to).
 * - At most one open store on one place; a second open rejects with `store_in_use` and changes nothing.
 * - Bytes read back are the bytes committed, or the row is missing and its document is in `damaged`.
 */
export interface ReplicaStore {
  /** Counter and nonce of this opening: copies and restored backups betray themselves by it. */
  readonly opened: StoreOpening;
  /**
   * Documents of which rows were found damaged, by this opening or an earlier one, and that no commit has called
   * `repaired`. The rows are kept aside; the rest loads. A read may add to it. To repair one: load it, bring the
   * record store in line with it, ask a peer for its state.
   */
  readonly damaged: readonly DamagedDocument[];
  documents(): Promise<readonly StoredDocumentHead[]>;
  document(guid: Guid): Promise<StoredDocument | undefined>;
  /** Every envelope that stands in the record store for these records. */
  envelopes(namespace: Namespace, ids: readonly RecordId[]): Promise<readonly StoredEnvelope[]>;
  /** Every envelope that stands in the record store for one segment. */
  envelopesOf(guid: Guid): Promise<readonly StoredEnvelope[]>;
  record(namespace: Namespace, id: RecordId): Promise<StoredRecord | undefined>;
  /** The record with this `ref` in this namespace: how imported records are found by the name their tracker gave them. */
  recordByRef(namespace: Namespace, ref: string): Promise<StoredRecord | undefined>;
  query(query: RecordQuery): Promise<readonly StoredRecord[]>;
  count(query: Omit<RecordQuery, 'limit' | 'before'>): Promise<number>;
  /** Records of one thread in their order, or from its end backwards. */
  thread(query: ThreadQuery): Promise<readonly StoredRecord[]>;
  /**
   * Which records hold these terms, wherever they lie. Covers exactly what `query` would find.
   * @throws MnemeshError `bad_input` in a store that was opened without an analyzer
   */
  postings(query: PostingsQuery): Promise<Postings>;
  /** The records at these slots of `postings`, without those that are gone. */
  recordsAt(slots: readonly number[]): Promise<ReadonlyMap<number, StoredRecord>>;
  /** The records at these places of threads, by slot: none, one, or several that were put there apart. */
  recordsBeside(places: readonly PlaceBeside[]): Promise<ReadonlyMap<number, StoredRecord>>;
  readonly vectors: VectorStore;
  /** Who refers to these targets in this way: records that were forgotten, too. In the order of the ids. */
  namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): Promise<readonly NamedBy[]>;
  /** Topics with more than one record that is neither archived nor superseded, in the order of their hashes. */
  contestedTopics(query: {
    readonly namespaces?: readonly Namespace[];
    /** Only those that come after this one. */
    readonly after?: TopicPlace;
    readonly limit: number;
  }): Promise<readonly TopicPlace[]>;
  /** Of each namespace, the rules by which its records were last projected whole; see `StoreBatch.projected`. */
  projections(): Promise<ReadonlyMap<Namespace, string>>;
  syncState(): Promise<StoredSyncState>;
  commit(batch: StoreBatch): Promise<void>;
  /**
   * Rewrites what lies on the disk, so that nothing which commits removed or replaced before the call
   * can be read from it, nor anything kept aside of these documents. Changes no content: a crash
   * leaves what was there, rewritten or not. Costs time with the size of the store, and may hold up
   * other calls meanwhile.
   * @throws MnemeshError `store_failed` (retryable) when the disk has no room or somebody else reads the file; later commits are not affected
   */
  erase(guids: readonly Guid[]): Promise<void>;
  /** Idempotent; waits for commits under way. */
  close(): Promise<void>;
}

/**
 * Opens, or creates, the store of a mesh.
 * @param analyzer of the terms that `postings` speaks of; without one the store indexes nothing
 * @throws MnemeshError `store_in_use`, `store_too_new`, `store_failed`
 */
export type ReplicaStoreOpener = (mesh: MeshId, analyzer?: Analyzer) => Promise<ReplicaStore>;

export interface StoreOpening {
  readonly replica: ReplicaId;
  /** Rises by one with every opening of this store. */
  readonly counter: number;
  /** 16 random bytes as hex. */
  readonly nonce: string;
}

export interface DamagedDocument {
  readonly guid: Guid;
  /** Rows kept aside; at least. */
  readonly rows: number;
}

export interface StoredDocumentHead {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  /** Bytes of snapshot and logged updates as stored. */
  readonly bytes: number;
  /** Logged updates since the snapshot. */
  readonly updates: number;
  /** Holds something the relay is not known to hold; see `StoreBatch.unacked`. False for a new document. */
  readonly unacked: boolean;
  /** Lost elements without a tombstone or successor, which are to be put back; see `StoreBatch.lacking`. */
  readonly lacking: boolean;
  /** Its rows, or what lies around them on the disk, may still hold bytes of forgotten records; see `StoreBatch.unscrubbed`. */
  readonly unscrubbed: boolean;
}

export interface StoredDocument extends StoredDocumentHead {
  /** V2 state. Covers every logged update up to `snapshotThrough`. */
  readonly snapshot: Uint8Array | undefined;
  readonly snapshotThrough: number;
  /** V1 updates after the snapshot, ascending. Numbers are given by the store and never reused. */
  readonly log: readonly { readonly number: number; readonly update: Uint8Array }[];
}

/** A verified envelope, and a pointer to the signed commit that vouches for it. */
export interface StoredEnvelope {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly version: Version;
  readonly field: string;
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly clock: Clock;
  /** As encoded by the protocol. */
  readonly envelope: Uint8Array;
  /** The signed commit, `encodeCommit ‖ signature`. Stored once however many envelopes it lists. */
  readonly commit: Uint8Array;
}

/** One record as users see it, materialised when its envelopes change. */
export interface StoredRecord {
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly guid: Guid;
  readonly collection: string;
  readonly created: Clock;
  readonly updated: Clock;
  readonly archived: boolean;
  /** True when some field has concurrent values that nobody reconciled. */
  readonly conflicted: boolean;
  /** The collection's main state, for filters: a task's status, a memory item's kind. */
  readonly state: string | undefined;
  readonly ref: string | undefined;
  /** What it is a part of, in its namespace: the id of a conversation. */
  readonly thread: string | undefined;
  /** Its place in the thread, an integer from 0 to `THREAD_POSITIONS`. Several records may have been given one place apart. */
  readonly position: number | undefined;
  /** What lexical search reads, as it was written. */
  readonly text: string;
  /** The view, as JSON. */
  readonly view: string;
}

export interface RecordQuery {
  /** Exact namespaces; all when absent. */
  readonly namespaces?: readonly Namespace[];
  readonly collection?: string;
  readonly state?: string;
  readonly conflicted?: boolean;
  /** Archived records are left out unless asked for. */
  readonly archived?: boolean | 'any';
  /** Only records that refer to something in this way; to `target`, when it is given. */
  readonly refersTo?: { readonly kind: Reference['kind']; readonly target?: string };
  /** Does any record refer to it as superseded, a forgotten one included? */
  readonly superseded?: boolean;
  /** Newest first by (created, id). */
  readonly limit: number;
  /** Only records older than this one. */
  readonly before?: { readonly created: Clock; readonly id: RecordId };
}

/** Last position of a thread: a scorer tells (thread, position) apart by one number. */
export const THREAD_POSITIONS = 2 ** 22 - 1;

/** By (position, created, id). */
export interface ThreadQuery {
  readonly namespace: Namespace;
  readonly thread: string;
  readonly limit: number;
  /** `backward`: from the end, or from `from`, towards the beginning. */
  readonly direction?: 'forward' | 'backward';
  /** Where the page before this one ended. */
  readonly from?: ThreadPlace;
}

export type ThreadPlace = Pick<StoredRecord, 'created' | 'id'> & { readonly position: number };

/** How far this replica and its relay know each other. */
export interface StoredSyncState {
  readonly cursor: RelayCursor | undefined;
  /** For each document, the encoded state that the relay durably holds. Never ahead of the cursor. */
  readonly known: ReadonlyMap<Guid, Uint8Array>;
  /** Documents the cursor does not cover: their state must be asked for. In order of importance. */
  readonly awaited: readonly AwaitedDocument[];
}

export interface RelayCursor {
  readonly incarnation: Incarnation;
  readonly number: number;
  /** The globs it was read under; under others it is void. */
  readonly subscription: string;
}

export interface AwaitedDocument {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  /** Bytes the relay said it holds. */
  readonly bytes: number;
}

/** One atomic change. Absent parts change nothing; the parts are applied in the order written here. */
export interface StoreBatch {
  /**
   * It can be had again: the batch resolves once it can be read, and is durable with the next one
   * that is not deferred, be it empty, or on close. A crash before that undoes it with everything
   * after it.
   */
  readonly deferred?: boolean;
  /** Makes documents known; naming one again changes nothing. */
  readonly documents?: readonly {
    readonly guid: Guid;
    readonly namespace: Namespace;
    readonly segment: SegmentName;
  }[];
  /** Appends V1 updates to the logs of known documents. @throws MnemeshError `not_found` for others */
  readonly updates?: readonly { readonly guid: Guid; readonly update: Uint8Array }[];
  /** Replaces a known document's snapshot. Logged updates stay until `prune`. `through` never falls, nor exceeds the last number given. @throws MnemeshError `not_found`, `bad_input` */
  readonly snapshots?: readonly {
    readonly guid: Guid;
    readonly snapshot: Uint8Array;
    readonly through: number;
  }[];
  /** Deletes logged updates up to `through`, which the stored snapshot must cover. @throws MnemeshError `bad_input` when it does not */
  readonly prune?: readonly { readonly guid: Guid; readonly through: number }[];
  /** Deletes documents with all that is stored of them: rows, envelopes, records, marks, sync state. */
  readonly removeDocuments?: readonly Guid[];
  readonly removeEnvelopes?: readonly { readonly guid: Guid; readonly version: Version }[];
  readonly envelopes?: readonly StoredEnvelope[];
  /** What a record refers to goes with it, and when it is put anew. */
  readonly removeRecords?: readonly { readonly namespace: Namespace; readonly id: RecordId }[];
  readonly records?: readonly StoredRecord[];
  /** What these records refer to, and nothing else. They need not be there: a forgotten one goes on superseding. */
  readonly references?: readonly RecordReferences[];
  /** Every record of these namespaces is now as these rules say. */
  readonly projected?: readonly { readonly namespace: Namespace; readonly rules: string }[];
  /** Forgets cursor, known states and awaited documents and marks every document unacked, before the parts below. */
  readonly resetSync?: boolean;
  /** Takes a new replica id: this store turned out to be a copy. `opened.replica` follows. */
  readonly replica?: ReplicaId;
  readonly cursor?: RelayCursor;
  /** Sets `StoredDocumentHead.unacked`. */
  readonly unacked?: readonly { readonly guid: Guid; readonly unacked: boolean }[];
  /** Sets `StoredDocumentHead.lacking`. */
  readonly lacking?: readonly { readonly guid: Guid; readonly lacking: boolean }[];
  /** Sets `StoredDocumentHead.unscrubbed`. */
  readonly unscrubbed?: readonly { readonly guid: Guid; readonly unscrubbed: boolean }[];
  readonly known?: readonly { readonly guid: Guid; readonly state: Uint8Array }[];
  readonly noLongerAwaited?: readonly Guid[];
  /** Appends; a document that is awaited already keeps its place. */
  readonly awaited?: readonly AwaitedDocument[];
  /** These documents are no longer `damaged`. */
  readonly repaired?: readonly Guid[];
}
