import { type AgentIdentity, changedFields, type Replica } from '@mnemesh/core';
import { parseNamespace, parseRecordId, type SessionId } from '@mnemesh/protocol';
import { GuestSession } from './guest-session.js';
import type { HolderLimits } from './holder-limits.js';
import type { LeftCall } from './intents.js';
import type { ShownRecord } from './messages.js';

/**
 * Does what a guest asked for that is gone, in a session of its own that knows what the guest's knew, as of when it was
 * asked. To be given in the order in which it was asked: then what was asked later replaces what was asked before.
 */
export class StandIn {
  readonly #replica: Replica;
  readonly #session: GuestSession;
  #at = 0;

  constructor(replica: Replica, agent: AgentIdentity, limits: HolderLimits) {
    this.#replica = replica;
    this.#session = new GuestSession({
      replica,
      agent,
      limits,
      resumed: undefined,
      tell: () => undefined,
      now: () => this.#at,
    });
  }

  /** @throws as the call */
  async do(left: LeftCall): Promise<void> {
    const { method, args, record, session, known, at, after } = left;
    const { namespace } = record;
    const id = parseRecordId(record.id);
    const own = await this.#replica.lastWrite(session as SessionId, parseNamespace(namespace), id);
    const isChange = !method.endsWith('.create');
    if (isChange && after !== undefined && own !== undefined && own > after) return;
    this.#at = at;
    this.#session.restore(known);
    // It wrote the record before, and is not to contradict itself.
    if (own !== undefined) this.#session.restore([ownWrites(left, own)]);
    await this.#session.call({ type: 'call', id: 0, seen: 0, method, args, namespace });
  }

  leave(): void {
    this.#session.leave();
  }
}

function ownWrites({ method, args, record, session }: LeftCall, clock: number): ShownRecord {
  const [part = '', name = ''] = method.split('.');
  const fields = changedFields(part, name, args);
  return {
    ...record,
    context: Object.fromEntries(fields.map((field) => [field, { [session]: clock }])),
  };
}
