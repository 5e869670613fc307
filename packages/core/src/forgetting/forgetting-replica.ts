import type { AgentId, RecordId, ReplicaId, Runtime } from '@mnemesh/protocol';
import type { CollectionDefinition } from '../collections/schema.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import type { WriteQueue } from '../documents/write-queue.js';
import type { AgentIdentity } from '../identity.js';
import type { ReplicaStore } from '../ports/index.js';
import type { Session } from '../session.js';

/** What forgetting asks of its replica. */
export interface ForgettingReplica {
  readonly id: ReplicaId;
  readonly runtime: Runtime;
  readonly store: ReplicaStore;
  readonly segments: Segments;
  readonly writes: WriteQueue;
  readonly sessions: {
    begin(agent: AgentIdentity): Session;
    /** Has this agent begun one in this opening? */
    has(agent: AgentId): boolean;
  };
  freshLocalId(): string;
  listed(place: SegmentPlace): Promise<void> | undefined;
  announce(session: Session, place: SegmentPlace): Promise<void>;
  remove(place: SegmentPlace): Promise<void>;
}

/** Entries of the directory and receipts, as a session writes them. */
export interface Entries {
  get(id: RecordId): Promise<unknown>;
  import(entry: { readonly id: RecordId; readonly input: object }): PromiseLike<unknown>;
  update(id: RecordId, patch: object): PromiseLike<unknown>;
}

export type OpenEntries = (session: Session, definition: CollectionDefinition) => Entries;
