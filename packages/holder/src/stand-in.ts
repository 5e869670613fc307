import { type AgentIdentity, changedFields, type Replica, type Showing } from '@mnemesh/core';
import { parseNamespace, parseRecordId, type SessionId } from '@mnemesh/protocol';
import { GuestSession } from './guest-session.js';
import type { HolderLimits } from './holder-limits.js';
import type { LeftCall } from './intents.js';
import type { RecordName, ShownRecord } from './messages.js';

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
  /** What was written for the guest so far. */
  readonly #own: ShownRecord[] = [];

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  /**
   * @param begins keeps the name of the session that is going to do it, which tells the next stand-in that it was done
   * @throws as the call; MnemeshError `overloaded`, `store_failed`
   */
  async do(left: LeftCall, begins: (session: string) => Promise<void>): Promise<void> {
    const { method, args, record, session, known, after, by } = left;
    await this.#options.settled(session);
    const own = await this.#lastWrite(session, record);
    const isChange = !method.endsWith('.create');
    if (isChange && after !== undefined && own !== undefined && own > after) return;
    // The guest, or who stood in for it before, is not to be contradicted by what it asked for itself.
    if (own !== undefined) this.#own.push(ownWrites(left, session, own));
    const before = by === undefined ? undefined : await this.#lastWrite(by, record);
    if (by !== undefined && before !== undefined) {
      this.#own.push(ownWrites(left, by, before));
      return;
    }
    const doing = this.#session(left);
    try {
      await begins(doing.id);
      doing.restore([...known, ...this.#own]);
      const { namespace } = record;
      await doing.call({ type: 'call', id: 0, seen: 0, method, args, namespace });
    } finally {
      doing.leave();
    }
  }

  #lastWrite(session: string, { namespace, id }: RecordName): Promise<number | undefined> {
    const place = parseNamespace(namespace);
    return this.#options.replica.lastWrite(session as SessionId, place, parseRecordId(id));
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

function ownWrites(
  { method, args, record }: LeftCall,
  session: string,
  clock: number,
): ShownRecord {
  const [part = '', name = ''] = method.split('.');
  const fields = changedFields(part, name, args);
  return {
    ...record,
    context: Object.fromEntries(fields.map((field) => [field, { [session]: clock }])),
  };
}
