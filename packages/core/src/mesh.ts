import type { AgentId, MeshId, ReplicaId, SessionId } from '@mnemesh/protocol';
import type { Conversations } from './collections/conversation.js';
import type { Memory } from './collections/memory.js';
import type { Personas } from './collections/persona.js';
import type { Sessions } from './collections/session-record.js';
import type { Tasks } from './collections/task.js';
import type { Tools } from './collections/tool-state.js';
import type { AuditTrail, Conflicts } from './conflicts/conflict.js';
import type { ContextOptions, ContextPack } from './context-pack.js';
import type { PurgeStatus } from './forgetting/forget-status.js';
import type { NamespaceRetention } from './forgetting/retention.js';
import type { Purge, PurgeOptions } from './forgetting/segment-ends.js';
import type { AuthorKind } from './identity.js';
import type { Policies } from './namespace-policies.js';
import type { Invitations } from './ports/transport.js';
import type { Presence } from './presence/presence.js';
import type { Prose } from './prose/prose-document.js';
import type { RecallAnswer, RecallOptions } from './recall.js';
import type { MeshStatus } from './status.js';
import type { SyncPreferences } from './sync/cadences.js';

/** One session of one agent at one replica of a mesh. */
export interface Mesh {
  readonly id: MeshId;
  readonly replica: ReplicaId;
  readonly agent: MeshAgent;
  /** Of this very session: the same that presence and claims name. */
  readonly session: SessionId;
  readonly memory: Memory;
  readonly tasks: Tasks;
  readonly tools: Tools;
  readonly conversations: Conversations;
  /** Documents that people and agents edit together. */
  readonly prose: Prose;
  readonly conflicts: Conflicts;
  readonly audit: AuditTrail;
  readonly policies: Policies;
  /** Links with another replica of this mesh by two texts that people carry, without any server. */
  readonly peers: Invitations;
  /** Who has a session open now. */
  readonly presence: Presence;
  /** Roles that sessions take on. */
  readonly personas: Personas;
  /** Sessions that were written down. */
  readonly sessions: Sessions;
  /** What is true now. */
  readonly status: MeshStatus;
  /** Calls `listener` soon after each change of `status`. Returns a function that ends it. */
  onStatus(listener: (status: MeshStatus) => void): () => void;
  /** Every agent that has ever opened this mesh, by what its directory says. */
  agents(): Promise<readonly MeshAgent[]>;
  /**
   * Records that speak of what `query` asks, best first, each with its citation. Needs no network.
   * @throws MnemeshError `bad_input`, also in a mesh that was opened without `recall`
   */
  recall(query: string, options?: RecallOptions): Promise<RecallAnswer>;
  /** What a session should know when it starts, within a budget of tokens. @throws MnemeshError `bad_input` */
  context(options?: ContextOptions): Promise<ContextPack>;
  /** Resolves once everything written before the call is durable on the relay. */
  acked(): Promise<void>;
  /**
   * Rewrites at once what still lies on this device of what was forgotten, rather than in a moment.
   * @throws MnemeshError `store_failed`, retryable: no room on the disk, or somebody else reads the store
   */
  scrub(): Promise<void>;
  /**
   * Ends all that a namespace holds, on every replica and relay, for good. What somebody wrote there that this
   * replica never saw moves above the floor, under new ids, when its author comes back.
   * @throws MnemeshError `bad_input`, `store_failed`
   */
  purge(namespace: string, options?: PurgeOptions): Promise<Purge>;
  /**
   * Ends segments of a namespace once everything in them is done with (tasks in a final state, items past their
   * `validTo`, archived records, what was said once) and was last touched this many days ago. One choice for
   * the whole mesh; undefined keeps everything.
   * @throws MnemeshError `bad_input`, `store_failed`
   */
  retain(namespace: string, days: number | undefined): Promise<void>;
  /** What was chosen by `retain`. Everything else is kept. */
  retentions(): Promise<readonly NamespaceRetention[]>;
  /** Who still has to say that nothing is left of what was purged. Undefined for a namespace that never was. */
  purged(namespace: string): Promise<PurgeStatus | undefined>;
  /**
   * How soon what is written goes out, for this replica only and until it is closed. What is left out stays.
   * @throws MnemeshError `bad_input`
   */
  prefer(preferences: SyncPreferences): Promise<void>;
  /** Tries at once to link with whom it is not linked: for whoever knows that a network came back. */
  reconnect(): Promise<void>;
  /** Simulates losing the network, for this replica only. */
  setOffline(offline: boolean): void;
  /** Waits for what is being saved, closes links and store. Idempotent. */
  close(): Promise<void>;
}

export interface MeshAgent {
  readonly id: AgentId;
  readonly name: string;
  readonly kind: AuthorKind;
  /** What it declared it can do. */
  readonly capabilities?: readonly string[];
}
