import type { Guid, Namespace, RecordId } from '@mnemesh/protocol';

/** How a record refers to something, for those who come from the other end. */
export interface Reference {
  /**
   * `topic`: belongs to it, by its hash. `supersedes`: takes the place of a record. `source`: cites one.
   * `audit`: tells how a conflict was settled, by the conflict's id. `pin`: belongs at the start of every session.
   * `contested`: has a field of several values, so that it may look otherwise under other rules.
   */
  readonly kind: 'topic' | 'supersedes' | 'source' | 'audit' | 'pin' | 'contested';
  readonly target: string;
}

export interface RecordReferences {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly references: readonly Reference[];
}

/** A record that refers to a target that was asked for. */
export interface NamedBy {
  readonly target: string;
  readonly id: RecordId;
}

export interface TopicPlace {
  readonly namespace: Namespace;
  /** As in a reference. */
  readonly topic: string;
}
