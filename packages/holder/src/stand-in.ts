import type { AgentIdentity, Replica } from '@mnemesh/core';
import { parseNamespace, parseRecordId, type SessionId } from '@mnemesh/protocol';
import { GuestSession } from './guest-session.js';
import type { HolderLimits } from './holder-limits.js';
import type { LeftCall } from './intents.js';
import type { ShownRecord } from './messages.js';

/**
 * Does what a guest asked for that is gone, in a session of its own: in the order in which it was asked, so that
 * what was asked later replaces what was asked before.
 */
export class StandIn {
  readonly #replica: Replica;
  readonly #session: GuestSession;

  constructor(replica: Replica, agent: AgentIdentity, limits: HolderLimits) {
    const tell = (): void => undefined;
    this.#replica = replica;
    this.#session = new GuestSession({ replica, agent, limits, resumed: undefined, tell });
  }

  /** @throws as the call */
  async do({ method, namespace, args, changes }: LeftCall): Promise<void> {
    if (changes !== undefined) {
      const { known, session } = changes;
      this.#session.restore([await this.#knownTo(session as SessionId, known, args)]);
    }
    const call = { method, args, ...(namespace === undefined ? {} : { namespace }) };
    await this.#session.call({ type: 'call', id: 0, seen: 0, ...call });
  }

  leave(): void {
    this.#session.leave();
  }

  /** What whoever asked had been shown, and wrote itself: it may have been done already, and is not to contradict itself. */
  async #knownTo(
    session: SessionId,
    known: ShownRecord,
    [, patch]: readonly unknown[],
  ): Promise<ShownRecord> {
    const { namespace, id, context } = known;
    const own = await this.#replica.lastWrite(
      session,
      parseNamespace(namespace),
      parseRecordId(id),
    );
    if (own === undefined) return known;
    const named = typeof patch === 'object' && patch !== null ? Object.keys(patch) : ['archived'];
    const fields = new Set([...Object.keys(context), ...named]);
    return {
      namespace,
      id,
      context: Object.fromEntries(
        [...fields].map((field) => [field, { ...context[field], [session]: own }]),
      ),
    };
  }
}
