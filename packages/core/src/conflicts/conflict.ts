import type { AgentId, Namespace, RecordId, Version } from '@mnemesh/protocol';
import type { Json, RecordView } from '../collections/collection.js';
import type { MemoryInput } from '../collections/memory-item.js';
import type { AuthorKind } from '../identity.js';
import type { Policy } from '../records/policies.js';
import type { Write } from '../write.js';

/** Values that were written without knowledge of each other: of one field, or items of one topic. */
export interface Conflict {
  /** A hash of the versions it concerns: the same on every replica that holds them, and the id of its audit record. */
  readonly id: string;
  readonly kind: 'field' | 'topic';
  readonly namespace: Namespace;
  readonly collection: string;
  /** Of a field. */
  readonly record?: RecordId;
  readonly field?: string;
  /** Of items: what they are about; the hash of it, where no item names it. */
  readonly topic?: string;
  /** The one that is shown comes first. */
  readonly values: readonly [ConflictValue, ...ConflictValue[]];
  readonly policy: Policy;
  /** Somebody should decide. A settled one stays listed until the values are replaced. */
  readonly open: boolean;
}

export interface ConflictValue {
  readonly version: Version;
  readonly agent: AgentId;
  readonly authorKind: AuthorKind;
  readonly at: string;
  /** Of a field, its value; of an item, its content. */
  readonly value: Json;
  /** The item. */
  readonly record?: RecordId;
}

export interface ConflictQuery {
  /** All when absent. */
  readonly namespaces?: readonly string[];
  readonly kind?: Conflict['kind'];
  /** Only those that this record has a part in. */
  readonly record?: RecordId;
  /** Default true: those that somebody should decide. `'any'` adds those that a policy settled. */
  readonly open?: true | 'any';
  /** Default 50, at most 1,000. The latest first. */
  readonly limit?: number;
}

export interface ConflictChange {
  readonly id: string;
  /** Undefined when it is over, or became another one by a further value. */
  readonly conflict: Conflict | undefined;
}

/** One of the values, another value, or, of a topic, an item that takes the place of all. */
export type ConflictChoice =
  | { readonly keep: Version }
  | { readonly value: Json }
  | { readonly item: MemoryInput };

export interface Conflicts {
  /** What it gives counts as shown to this session: what it writes next is a decision. */
  list(query?: ConflictQuery): Promise<readonly Conflict[]>;
  /** Calls `listener` after changes that begin or end open conflicts. Returns a function that ends it. */
  watch(listener: (changes: readonly ConflictChange[]) => void): () => void;
  /**
   * Settles a conflict as it was listed, and leaves its audit record. Values that came since stay in conflict.
   * @throws MnemeshError `not_found` when it is settled already or has become another one, `bad_input`
   */
  resolve(
    conflict: Conflict,
    choice: ConflictChoice,
    options?: { readonly reason?: string },
  ): Write<RecordView>;
}

/** How one conflict was settled. Decisions made apart from each other all stay. */
export interface AuditRecord {
  /** The conflict's id. */
  readonly id: string;
  readonly kind: Conflict['kind'];
  readonly namespace: Namespace;
  readonly record?: RecordId;
  readonly field?: string;
  readonly topic?: string;
  /** Who had which version. A long value is cut; an item is named by its record. */
  readonly values: readonly AuditSide[];
  /** Oldest first. */
  readonly decisions: readonly AuditDecision[];
}

export interface AuditSide {
  readonly version: Version;
  readonly agent: AgentId;
  readonly authorKind: AuthorKind;
  readonly at: string;
  readonly value?: Json;
  readonly record?: RecordId;
}

export interface AuditDecision {
  /** `policy`: the collection's, as long as the values stand. Else who decided. */
  readonly why: 'policy' | AuthorKind;
  readonly policy?: Policy;
  readonly agent?: AgentId;
  readonly at?: string;
  /** The value that was chosen, or that the policy shows. */
  readonly chosen?: Json;
  /** Of a topic, the item that was chosen, or that took the others' place. */
  readonly record?: RecordId;
  readonly reason?: string;
}

export interface AuditQuery {
  readonly namespaces?: readonly string[];
  /** A conflict's id. */
  readonly id?: string;
  /** Only those of this record. */
  readonly record?: RecordId;
  /** Default 50, at most 1,000. The latest first. */
  readonly limit?: number;
}

export interface AuditTrail {
  list(query?: AuditQuery): Promise<readonly AuditRecord[]>;
}
