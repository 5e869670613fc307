import { type AgentId, limits, type Runtime, type WriterId } from '@mnemesh/protocol';
import { type AgentIdentity, freshSessionId, freshWriterId } from '../identity.js';
import { Session } from '../session.js';

/** The sessions that one opening of a replica begins, and whose they are. */
export class ReplicaSessions {
  readonly #runtime: Runtime;
  /** All sessions of one opening write as one Yjs client. */
  readonly #writer: WriterId;
  readonly #agents = new Set<AgentId>();
  readonly #signBy: (fresh: () => Session) => void;

  /** @param signBy told with each session how to begin another of the same agent, for what the replica writes itself */
  constructor(runtime: Runtime, signBy: (fresh: () => Session) => void) {
    this.#runtime = runtime;
    this.#writer = freshWriterId(runtime);
    this.#signBy = signBy;
  }

  begin(agent: AgentIdentity): Session {
    return new Session(...this.parts(agent));
  }

  /** What a session at this replica is made of. */
  parts(agent: AgentIdentity): ConstructorParameters<typeof Session> {
    this.#agents.add(agent.id);
    const parts = (): ConstructorParameters<typeof Session> => [
      freshSessionId(this.#runtime),
      this.#writer,
      agent,
      () => this.#runtime.now(),
    ];
    this.#signBy(() => new Session(...parts()));
    return parts();
  }

  /** Has this agent begun one in this opening? */
  has(agent: AgentId): boolean {
    return this.#agents.has(agent);
  }

  /** Who has begun any; of many, as many as a replica announces. */
  agents(): readonly AgentId[] {
    return [...this.#agents].slice(0, limits.agents);
  }
}
