import type { AgentId, Namespace, RecordId, Version } from '@mnemesh/protocol';
import type { ForgetStatus } from '../forgetting/forget-status.js';
import type { Write } from '../write.js';

/** Anything JSON can say. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** What every record carries, whatever its collection. */
export interface RecordView {
  readonly id: RecordId;
  readonly namespace: Namespace;
  /** ISO 8601, UTC, by the writing session's hybrid clock. */
  readonly createdAt: string;
  readonly createdBy: AgentId;
  readonly updatedAt: string;
  readonly updatedBy: AgentId;
  readonly archived: boolean;
  /** Fields of which sessions wrote different values without having been shown each other's. */
  readonly conflicts: readonly FieldConflict[];
}

/** One field with several values that no later write has replaced. */
export interface FieldConflict {
  /** A hash of the versions it concerns: the same on every replica that holds them. */
  readonly id: string;
  readonly field: string;
  /** The value the view shows, picked by the namespace's policy. */
  readonly chosen: FieldValue;
  /** The others, newest first. Writing the field again, after reading it, replaces them all. */
  readonly others: readonly FieldValue[];
  /** Under `merge`: somebody should reconcile it. Under `last-writer-wins` it is settled, and only listed. */
  readonly open: boolean;
}

export interface FieldValue {
  readonly value: Json;
  readonly agent: AgentId;
  readonly at: string;
  readonly version: Version;
}

/** Adds to and removes from a field that holds a set. Concurrent changes to different members never conflict. */
export interface SetChange<T> {
  readonly add?: readonly T[];
  readonly remove?: readonly T[];
}

export interface ListQuery {
  /** Exact state: a task's status, a memory item's kind. */
  readonly state?: string;
  /** Only records with conflicting values. */
  readonly conflicted?: boolean;
  /** Default false: archived records are left out. `'any'` gives both. */
  readonly archived?: boolean | 'any';
  /** Default 50, at most 10,000. Newest first. */
  readonly limit?: number;
  /** Only records older than this one, for the next page. */
  readonly before?: RecordView;
}

export interface CreateOptions {
  /** From `newId`. A record that is there under it is left as it is, and given. */
  readonly id?: RecordId;
}

export interface CollectionChange<View> {
  readonly id: RecordId;
  /** Undefined when the record was forgotten. */
  readonly record: View | undefined;
  /** Where the change came from. */
  readonly origin: 'local' | 'remote';
}

/**
 * Records of one kind in one namespace. Reads and writes never wait for a network. Reads show what
 * is saved on this device. What get, list, recall and watch return counts as shown to this session:
 * a later write of the field replaces it; a write of a field that was never shown stands beside it.
 */
export interface Collection<View extends RecordView, Input, Patch> {
  readonly namespace: Namespace;
  /** The same collection in another namespace. @throws MnemeshError `bad_input` */
  in(namespace: string): Collection<View, Input, Patch>;
  /** @throws MnemeshError `bad_input`, `too_large`, `store_failed`, `closed` — here and in `update`, `archive`, `forget` through the write */
  create(input: Input, options?: CreateOptions): Write<View>;
  /** A fresh id for `create`, so that whoever is not told how a create ended can repeat it. */
  newId(): Promise<RecordId>;
  /** Undefined, too, for a record whose segment the reach left out. It is fetched then: `watch` tells when it is here. */
  get(id: RecordId): Promise<View | undefined>;
  /** The record that an import brought in under this name: `beads:bd-06px`. */
  getByRef(ref: string): Promise<View | undefined>;
  /** Newest first. */
  list(query?: ListQuery): Promise<readonly View[]>;
  count(query?: ListQuery): Promise<number>;
  /** @throws MnemeshError `not_found`, `write_once` too */
  update(id: RecordId, patch: Patch): Write<View>;
  /** Hides the record from `list` and `recall`; `archived: false` brings it back. */
  archive(id: RecordId, archived?: boolean): Write<View>;
  /**
   * Deletes content and history for good, on every replica. What lies on disks is rewritten soon after, here
   * and at every other holder; `forgotten` tells who has done it.
   */
  forget(id: RecordId): Write<void>;
  /** Who still has to say that nothing of a forgotten record is left there. Undefined for a record that was not forgotten here. */
  forgotten(id: RecordId): Promise<ForgetStatus | undefined>;
  /** Calls `listener` after each saved change, in order. Returns a function that ends it. */
  watch(listener: (changes: readonly CollectionChange<View>[]) => void): () => void;
}
