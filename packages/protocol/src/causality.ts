import type { Context } from './envelope.js';
import type { AgentId, Clock, SessionId, Version } from './ids.js';

/** What decides between the values of one field: who wrote it, when, and what its session had been shown. */
export interface Causal {
  readonly version: Version;
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly context: Context;
}

/** Has `value` been replaced by `other`, a value of the same field? Entries not below the commit's own clock are void. */
export function isReplacedBy(value: Causal, other: Causal): boolean {
  const shown = other.context.get(value.session);
  return shown !== undefined && shown < other.clock && value.clock <= shown;
}

/** The values of a field that no other value replaces: more than one means a conflict. */
export function heads<T extends Causal>(values: readonly T[]): readonly T[] {
  return values.filter(
    (value) => !values.some((other) => other !== value && isReplacedBy(value, other)),
  );
}

/** Newest first by hybrid clock, then agent, then version: only to break ties between concurrent values. */
export function compareNewestFirst(a: Causal, b: Causal): number {
  if (a.clock !== b.clock) return b.clock - a.clock;
  if (a.agent !== b.agent) return a.agent < b.agent ? 1 : -1;
  return a.version < b.version ? 1 : a.version > b.version ? -1 : 0;
}

/** The context of a session that was shown `values`: themselves and all they had been shown. */
export function mergeContext(into: Map<SessionId, Clock>, value: Causal): void {
  raise(into, value.session, value.clock);
  for (const [session, clock] of value.context)
    if (clock < value.clock) raise(into, session, clock);
}

function raise(context: Map<SessionId, Clock>, session: SessionId, clock: Clock): void {
  const known = context.get(session);
  if (known === undefined || known < clock) context.set(session, clock);
}
