import type {
  AgentId,
  End,
  Guid,
  Incarnation,
  MeshId,
  Namespace,
  RecordId,
  ReplicaId,
  SegmentName,
  SessionId,
} from '@mnemesh/protocol';

/**
 * The update-log port: every update that a relay has committed, one numbered sequence per mesh.
 *
 * Promises every adapter keeps, and the acceptance suite checks:
 * - Every opening of a log draws a fresh incarnation. The first `mesh` call of an opening stores it,
 *   with the number the mesh will give next, durably and before it resolves.
 * - `append`, `putBase`, `dropRows`, `putEnd`, `putReplica` and `putClaim` are atomic, and durable when they resolve.
 *   Calls on one mesh take effect in the order they are made.
 * - One that rejects has taken effect wholly or not at all, and so it stays: the caller opens the mesh
 *   again by `mesh` and reads what is committed. Until then the rejected mesh log refuses every call.
 * - Numbers start at 1, are contiguous within a mesh, and are given only to committed updates.
 * - Reads see every call that has resolved. Bytes read back are the bytes written; a damaged row
 *   rejects with `store_failed` rather than being passed over.
 * - At most one open log on one place; a second opening rejects with `store_in_use` and changes nothing.
 */
export interface UpdateLog {
  /** 16 random bytes as hex, fresh with every opening. */
  readonly incarnation: Incarnation;
  /** Opens, or creates, the log of one mesh. Cheap when it was opened before; heals after a rejected call. */
  mesh(mesh: MeshId): Promise<MeshLog>;
  /** Does it hold anything of this mesh? Opens and creates nothing. */
  holds(mesh: MeshId): Promise<boolean>;
  /** Meshes that hold anything, by name. */
  meshes(): Promise<readonly MeshId[]>;
  /**
   * Rewrites what lies on the disk, of all meshes, so that nothing which earlier calls deleted or replaced
   * can be read from it. Changes no content, and a rejection none of the later calls.
   * @throws MnemeshError `store_failed`, retryable
   */
  erase(): Promise<void>;
  /** Idempotent; waits for calls under way. Later calls reject with `closed`. */
  close(): Promise<void>;
}

export interface MeshLog {
  readonly mesh: MeshId;
  /** Every opening that this log remembers, oldest first; the last one is this opening's. */
  readonly incarnations: readonly LogIncarnation[];
  /** Number of the last committed update; 0 when there is none. */
  readonly head: number;
  /** Every document, in no particular order. */
  documents(): Promise<readonly DocumentHead[]>;
  /** The encoded state last written for a document. */
  state(guid: Guid): Promise<Uint8Array | undefined>;
  /** What is stored of a document beyond number `after`; 0 for all. */
  read(guid: Guid, after: number): Promise<StoredDocument | undefined>;
  /** Commits a group of updates, in order, with the states of the documents they lead to. */
  append(group: AppendGroup): Promise<AppendedNumbers>;
  /**
   * First step of compaction: replaces the document's base by one that covers every update up to
   * `through`. Rows stay where they are, and `read` no longer returns those the base covers.
   * Rejects a base that covers less than the one it replaces, or more than is committed.
   */
  putBase(guid: Guid, base: DocumentBase): Promise<void>;
  /**
   * Second step: deletes exactly the rows that the stored base covers. A crash between the two steps
   * leaves rows that nothing reads; the next call deletes them.
   */
  dropRows(guid: Guid): Promise<void>;
  /** Every end there is. */
  ends(): Promise<readonly End[]>;
  /** Keeps an end, and deletes these documents, in one step. An end that is known changes nothing but that. */
  putEnd(end: End, documents: readonly Guid[]): Promise<void>;
  /** The last opening that this replica's store announced here. */
  replica(replica: ReplicaId): Promise<ReplicaOpening | undefined>;
  putReplica(replica: ReplicaId, opening: ReplicaOpening): Promise<void>;
  /** The last strict claim granted on a task. */
  claim(task: ClaimedTask): Promise<GrantedClaim | undefined>;
  putClaim(task: ClaimedTask, claim: GrantedClaim): Promise<void>;
  /** Tasks on which a strict claim was ever granted. */
  readonly claims: number;
  /**
   * True from an opening that follows one which was not closed in order, until `confirmClaims`: what such
   * an end took with it, nobody here can know. Openings in between do not change it.
   */
  readonly claimsInDoubt: boolean;
  /** Durable when it resolves. */
  confirmClaims(): Promise<void>;
}

export interface ClaimedTask {
  readonly namespace: Namespace;
  readonly record: RecordId;
}

/** A strict claim as the log keeps it. */
export interface GrantedClaim {
  /** The opening that granted it. */
  readonly incarnation: Incarnation;
  /** Counts the grants on its task, from 1. */
  readonly number: number;
  readonly agent: AgentId;
  readonly session: SessionId;
  /** Milliseconds since the epoch, by the relay's clock, until which its lease was asked for. */
  readonly until: number;
  /** Number of the grant it replaced; 0 where there was none. */
  readonly replaced: number;
}

/** One opening of the log, and the first number it could give in this mesh. */
export interface LogIncarnation {
  readonly incarnation: Incarnation;
  readonly first: number;
}

export interface DocumentName {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName;
}

export interface DocumentHead extends DocumentName {
  /** Bytes of the base and of the rows beyond it. */
  readonly bytes: number;
  /** Rows beyond the base, and their bytes: what compaction could fold. */
  readonly rows: number;
  readonly rowBytes: number;
  /** Number of the last update committed to this document. */
  readonly last: number;
  /** As given with the last append, hex: `hashState` of the state. */
  readonly hash: string;
}

export interface DocumentBase {
  /** V1 update that holds the whole document up to `through`. */
  readonly update: Uint8Array;
  /** Number of the last update that it covers. */
  readonly through: number;
}

export interface StoredDocument {
  /** Present when it covers a number beyond the one asked for. */
  readonly base: DocumentBase | undefined;
  /** Updates beyond both the base and the number asked for, ascending. */
  readonly rows: readonly LoggedUpdate[];
  /** Number of the last update committed to this document. */
  readonly last: number;
}

export interface LoggedUpdate {
  readonly number: number;
  /** V1, as it was pushed. */
  readonly update: Uint8Array;
}

export interface AppendGroup {
  /** At least one; numbered in this order. */
  readonly updates: readonly { readonly guid: Guid; readonly update: Uint8Array }[];
  /** Every document that `updates` names, once, with its state after the whole group. */
  readonly documents: readonly AppendedDocument[];
}

export interface AppendedDocument extends DocumentName {
  /** `encodeState` of the document's state. */
  readonly state: Uint8Array;
  /** `hashState` of it, hex. */
  readonly hash: string;
}

export interface AppendedNumbers {
  readonly first: number;
  readonly last: number;
}

/** Counter and nonce of one opening of a replica's store. */
export interface ReplicaOpening {
  readonly counter: number;
  /** 16 random bytes as hex. */
  readonly nonce: string;
}

/** Incarnations that a mesh's log remembers; older cursors are void, which costs a sync by state. */
export const REMEMBERED_INCARNATIONS = 1000;

/**
 * Does a cursor still name a place in this log? Its incarnation must be known, and its number must
 * precede what the next incarnation gave: a log restored from an older copy gives numbers again.
 */
export function isCursorValid(
  log: Pick<MeshLog, 'incarnations' | 'head'>,
  cursor: { readonly incarnation: Incarnation; readonly number: number },
): boolean {
  const index = log.incarnations.findIndex((known) => known.incarnation === cursor.incarnation);
  if (index < 0 || cursor.number > log.head) return false;
  const next = log.incarnations[index + 1];
  return next === undefined || cursor.number < next.first;
}
