import type { SimulationReport } from './simulate.js';

/** What a run of many seeds came to. */
export interface RunReport {
  readonly seeds: number;
  readonly failed: readonly { readonly seed: number; readonly failure: string }[];
  /** How often each operation and fault occurred, all seeds together. */
  readonly totals: Readonly<Record<string, number>>;
}

export const emptyReport: RunReport = { seeds: 0, failed: [], totals: {} };

export function reportOf({ seed, failure, counts }: SimulationReport): RunReport {
  const failed = failure === undefined ? [] : [{ seed, failure }];
  return { seeds: 1, failed, totals: counts };
}

export function addReports(a: RunReport, b: RunReport): RunReport {
  const totals: Record<string, number> = { ...a.totals };
  for (const [name, n] of Object.entries(b.totals)) totals[name] = (totals[name] ?? 0) + n;
  return { seeds: a.seeds + b.seeds, failed: [...a.failed, ...b.failed], totals };
}
