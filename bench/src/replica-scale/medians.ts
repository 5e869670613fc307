export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Of several measurements of the same: the median of each figure, and its least and greatest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Every numeric figure of the runs, each as a spread. */
export function spreadsOf<Run extends object>(
  runs: readonly Run[],
): Readonly<Record<keyof Run & string, Spread>> {
  const names = Object.keys(runs[0] ?? {}) as (keyof Run & string)[];
  const entries = names.map((name) => [name, spreadOf(runs.map((run) => Number(run[name])))]);
  return Object.fromEntries(entries) as Record<keyof Run & string, Spread>;
}
