import type { UsageRow } from './usage-sums.js';

export interface PlotColumn {
  readonly day: string;
  readonly height: number;
  /** One for each series, in their order, stacked. */
  readonly parts: readonly {
    readonly series: string;
    readonly value: number;
    readonly from: number;
    readonly to: number;
  }[];
}

/** A column for each day, of one part for each series. */
export function plotColumns(
  rows: readonly UsageRow[],
  days: readonly string[],
  series: readonly string[],
  by: 'agent' | 'model',
  measure: 'cost' | 'tokens',
): readonly PlotColumn[] {
  const values = new Map<string, number>();
  for (const row of rows) {
    const key = `${row.day} ${row[by]}`;
    const spent = measure === 'cost' ? row.cost : row.tokensIn + row.tokensOut;
    values.set(key, (values.get(key) ?? 0) + spent);
  }
  return days.map((day) => {
    let height = 0;
    const parts = series.map((one) => {
      const value = values.get(`${day} ${one}`) ?? 0;
      const from = height;
      height += value;
      return { series: one, value, from, to: height };
    });
    return { day, height, parts };
  });
}

/** Round values from 0 to above the highest: four or five lines. */
export function ticksOf(highest: number): readonly number[] {
  if (highest <= 0) return [0, 1];
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.ceil(highest / step);
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}
