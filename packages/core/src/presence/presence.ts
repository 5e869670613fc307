import type { AgentId, Namespace, RecordId, ReplicaId, SessionId } from '@mnemesh/protocol';
import type { AuthorKind } from '../identity.js';
import type { MeshStatus } from '../status.js';

/** What a session says of what it does. What is left out stays; null takes it back. */
export interface PresenceInput {
  /** In a few words, at most 500 bytes: `reviews the release`. */
  readonly status?: string | null;
  /** What it works on. A task that it claims is told without asking. */
  readonly task?: PresentTask | null;
  /** The role it has taken on; see `Mesh.personas`. */
  readonly persona?: string | null;
}

export interface PresentTask {
  readonly namespace: Namespace;
  readonly id: RecordId;
}

/** How far what a replica holds has come; as in `MeshStatus`. */
export type Standing = Pick<MeshStatus, 'unsaved' | 'unacked' | 'awaited' | 'synced'>;

/** A session that is there now, as far as this replica has heard. Nothing of it is stored, or signed. */
export interface PresentSession {
  readonly agent: AgentId;
  readonly name: string;
  readonly kind: AuthorKind;
  readonly session: SessionId;
  readonly replica: ReplicaId;
  readonly status?: string;
  readonly task?: PresentTask;
  readonly persona?: string;
  /** Of its replica, at its last sign of life: every quarter of a minute, not at every change. */
  readonly standing?: Standing;
  /** ISO 8601 by this device's clock, whatever the other's says. */
  readonly joinedAt: string;
  /** Likewise: its last sign of life. */
  readonly seenAt: string;
}

/** Who has a session open, at this replica and at those that a link or another replica connects it with. */
export interface Presence {
  /**
   * Tells the others what this session does. It is there from when it was opened, also if it says nothing.
   * @throws MnemeshError `bad_input`, `overloaded`, `closed`
   */
  set(said: PresenceInput): Promise<void>;
  /** This session is not told of any more, until it says something again. */
  leave(): Promise<void>;
  /** Sessions that are there now, this one among them, by name. */
  list(): Promise<readonly PresentSession[]>;
  /** Calls `listener` with the whole list soon after it changed. Returns a function that ends it. */
  watch(listener: (sessions: readonly PresentSession[]) => void): () => void;
}
