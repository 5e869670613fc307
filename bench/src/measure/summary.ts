/** Several runs of one figure. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
  };
}

/** Every figure of the runs. */
export function summariesOf<Run extends object>(
  runs: readonly Run[],
): Readonly<Record<keyof Run & string, Summary>> {
  const names = Object.keys(runs[0] ?? {}) as (keyof Run & string)[];
  const entries = names.map((name) => [name, summarize(runs.map((run) => Number(run[name])))]);
  return Object.fromEntries(entries) as Record<keyof Run & string, Summary>;
}

/** @param sorted ascending, not empty */
export function quantile(sorted: readonly number[], part: number): number {
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}
