import { type AgentIdentity, changedFields, type Replica, type Showing } from '@mnemesh/core';
import { parseNamespace, parseRecordId, type SessionId } from '@mnemesh/protocol';
import { GuestSession } from './guest-session.js';
import type { HolderLimits } from './holder-limits.js';
import type { LeftCall } from './intents.js';
import type { ShownRecord } from './messages.js';

export interface StandInOptions {
  readonly replica: Replica;
  readonly agent: AgentIdentity;
  readonly limits: HolderLimits;
  /** Resolves when nothing of this session is under way any more. @throws MnemeshError `overloaded` when that takes too long */
  readonly settled: (session: string) => Promise<void>;
}

/**
 * Does what a guest asked for that is gone, as of when it was asked, in knowledge of what the guest's session knew. To be
 * given in the order in which it was asked: then what was asked later replaces what was asked before.
 */
export class StandIn {
  readonly #options: StandInOptions;
  /** What it wrote itself so far. */
  readonly #own: ShownRecord[] = [];

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  /** @throws as the call; MnemeshError `overloaded`, `store_failed` */
  async do(left: LeftCall): Promise<void> {
    const { method, args, record, session, known, after } = left;
    const { namespace } = record;
    const { replica, settled } = this.#options;
    await settled(session);
    const id = parseRecordId(record.id);
    const own = await replica.lastWrite(session as SessionId, parseNamespace(namespace), id);
    const isChange = !method.endsWith('.create');
    if (isChange && after !== undefined && own !== undefined && own > after) return;
    const doing = this.#session(left);
    doing.restore([...known, ...this.#own]);
    // The guest wrote the record before, and is not to contradict itself.
    if (own !== undefined) doing.restore([ownWrites(left, own)]);
    try {
      await doing.call({ type: 'call', id: 0, seen: 0, method, args, namespace });
    } finally {
      doing.leave();
    }
  }

  /** One for each call: what the answer to one shows was not known to whoever asked the next. */
  #session({ at }: LeftCall): GuestSession {
    const { replica, agent, limits } = this.#options;
    const session: GuestSession = new GuestSession({
      replica,
      agent,
      limits,
      resumed: undefined,
      tell: (showing) => this.#keepOwn(session.id, showing),
      now: () => at,
    });
    return session;
  }

  #keepOwn(session: string, { namespace, id, context }: Showing): void {
    const own = Object.entries(context).flatMap(([field, clocks]) => {
      const clock = clocks[session as SessionId];
      return clock === undefined ? [] : [[field, { [session]: clock }] as const];
    });
    if (own.length > 0) this.#own.push({ namespace, id, context: Object.fromEntries(own) });
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
