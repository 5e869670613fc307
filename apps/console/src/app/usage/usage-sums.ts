import type { ConversationEvent } from '@mnemesh/core';

/** What one event spent. */
export type Spent = Pick<
  ConversationEvent,
  'createdBy' | 'createdAt' | 'at' | 'model' | 'tokensIn' | 'tokensOut' | 'cost'
>;

export interface Sum {
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** US dollars. */
  readonly cost: number;
  readonly events: number;
}

export interface UsageRow extends Sum {
  /** `2026-11-27`: of the moment it happened where that is told, else of the moment it was written, UTC. */
  readonly day: string;
  /** An agent's id. */
  readonly agent: string;
  /** `unnamed` where the event names none. */
  readonly model: string;
}

export type Dimension = 'day' | 'agent' | 'model';

export const UNNAMED = 'unnamed';

/** One row for each day, agent and model on which tokens or money were spent, by day, then agent, then model. */
export function usageRows(events: readonly Spent[]): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const event of events) {
    const { tokensIn = 0, tokensOut = 0, cost = 0, model = UNNAMED, createdBy: agent } = event;
    if (tokensIn + tokensOut + cost === 0) continue;
    const day = (event.at ?? event.createdAt).slice(0, 10);
    const key = `${day} ${agent} ${model}`;
    const spent = { tokensIn, tokensOut, cost, events: 1 };
    rows.set(key, { day, agent, model, ...add(rows.get(key) ?? nothing, spent) });
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

export const nothing: Sum = { tokensIn: 0, tokensOut: 0, cost: 0, events: 0 };

export function add(a: Sum, b: Sum): Sum {
  return {
    tokensIn: a.tokensIn + b.tokensIn,
    tokensOut: a.tokensOut + b.tokensOut,
    cost: a.cost + b.cost,
    events: a.events + b.events,
  };
}

export function total(rows: readonly Sum[]): Sum {
  return rows.reduce(add, nothing);
}

/** Sums by one dimension; days in order, others with the dearest first. */
export function sumsBy(
  rows: readonly UsageRow[],
  dimension: Dimension,
): readonly (readonly [value: string, sum: Sum])[] {
  const sums = new Map<string, Sum>();
  for (const row of rows) {
    const value = row[dimension];
    sums.set(value, add(sums.get(value) ?? nothing, row));
  }
  return [...sums].sort(([a, one], [b, other]) => {
    if (dimension === 'day') return a < b ? -1 : 1;
    return other.cost - one.cost || (a < b ? -1 : 1);
  });
}

/** Every day from the first to the last, at most this many, the latest ones. */
export function daysOf(rows: readonly UsageRow[], most: number): readonly string[] {
  const [first, last] = [rows[0]?.day, rows.at(-1)?.day];
  if (first === undefined || last === undefined) return [];
  const days: string[] = [];
  for (let ms = Date.parse(last); ms >= Date.parse(first) && days.length < most; ms -= 86_400_000)
    days.unshift(new Date(ms).toISOString().slice(0, 10));
  return days;
}
