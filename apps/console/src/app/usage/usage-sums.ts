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
  return mergeRows(
    events.flatMap((event) => {
      const { tokensIn = 0, tokensOut = 0, cost = 0, model = UNNAMED, createdBy: agent } = event;
      if (tokensIn + tokensOut + cost === 0) return [];
      const day = (event.at ?? event.createdAt).slice(0, 10);
      return [{ day, agent, model, tokensIn, tokensOut, cost, events: 1 }];
    }),
  );
}

/** One for each day, agent and model, by day, then agent, then model. */
export function mergeRows(given: readonly UsageRow[]): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const row of given) {
    const { day, agent, model } = row;
    const key = `${day} ${agent} ${model}`;
    rows.set(key, { day, agent, model, ...add(rows.get(key) ?? nothing, row) });
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

const DAY_MS = 86_400_000;

/**
 * The time from the first day to the last in at most so many equal steps, the last of which ends with the last day.
 * Each is called by its first day.
 */
export function stepsOf(
  rows: readonly UsageRow[],
  most: number,
): { readonly days: number; readonly steps: readonly string[] } {
  const [first, last] = [rows[0]?.day, rows.at(-1)?.day].map((day) => Date.parse(day ?? ''));
  if (first === undefined || last === undefined || !(last >= first)) return { days: 1, steps: [] };
  const days = Math.ceil(((last - first) / DAY_MS + 1) / most);
  const steps: string[] = [];
  for (let ms = last; ms >= first; ms -= days * DAY_MS)
    steps.unshift(new Date(ms - (days - 1) * DAY_MS).toISOString().slice(0, 10));
  return { days, steps };
}

/** The same, by the step that each day lies in. */
export function byStep(rows: readonly UsageRow[], steps: readonly string[]): readonly UsageRow[] {
  return mergeRows(
    rows.map((row) => ({ ...row, day: steps.findLast((step) => step <= row.day) ?? row.day })),
  );
}
