import { quantile } from '../measure/summary.js';
import { markdownTable } from '../report/markdown.js';
import { CUTS, type Measured, type Tally } from './measures.js';

export interface Row {
  readonly name: string;
  readonly measured: Measured;
  readonly indexBytes: number | undefined;
}

export function recallTable(rows: readonly Row[]): string {
  const head = [
    'subject',
    ...CUTS.map((cut) => `R@${cut}`),
    'MRR',
    'p50, ms',
    'p95, ms',
    'index, kB',
  ];
  const lines = rows.map(({ name, measured, indexBytes }) => [
    name,
    ...figures(measured.all),
    quantile(measured.times, 0.5).toFixed(2),
    quantile(measured.times, 0.95).toFixed(2),
    indexBytes === undefined ? '–' : String(Math.round(indexBytes / 1000)),
  ]);
  return markdownTable(head, lines);
}

export function categoryTable(rows: readonly Row[]): string {
  const head = ['subject', 'category', 'questions', ...CUTS.map((cut) => `R@${cut}`), 'MRR'];
  const lines = rows.flatMap(({ name, measured }) =>
    [...measured.byCategory]
      .sort(([a], [b]) => a - b)
      .map(([category, tally]) => [name, `${category}`, `${tally.questions}`, ...figures(tally)]),
  );
  return markdownTable(head, lines);
}

export function figures({ questions, found, reciprocal }: Tally): readonly string[] {
  return [...found, reciprocal].map((sum) => (sum / questions).toFixed(3));
}
