import { type Summary, summarize } from '../measure/summary.js';
import type { Column, Scenario } from '../scenarios/scenario.js';
import type { ScenarioResult, SubjectResult } from './results.js';

/**
 * How much worse a median must be before its ranges are even looked at: as much as medians of the
 * same code were seen to differ between two runs on a machine that others use too.
 */
const NOISE_FLOOR = 0.2;

/** Repetitions below which a range tells nothing of the noise. */
export const LEAST_REPETITIONS = 3;

/** What is compared of a scenario. */
export type Checked = Pick<Scenario, 'name' | 'columns'>;

/** Figures of ours, each as a ratio to a peer of the same repetition, or as they are. */
export interface Baseline {
  readonly [figure: string]: Summary;
}

export interface Regression {
  readonly figure: string;
  readonly before: Summary;
  readonly now: Summary;
}

/** A ratio for each repetition: what disturbs the machine then disturbs both. */
export function baselineOf(
  results: readonly ScenarioResult[],
  scenarios: readonly Checked[],
): Baseline {
  const figures: Record<string, Summary> = {};
  for (const { scenario: name, subjects } of results) {
    const columns = scenarios.find((scenario) => scenario.name === name)?.columns ?? [];
    for (const { name: column, checkedAgainst } of columns) {
      if (checkedAgainst === undefined) continue;
      const peer = subjects.find(({ subject }) => subject === checkedAgainst);
      for (const ours of oursIn(subjects)) {
        const values =
          checkedAgainst === 'itself' ? valuesOf(ours, column) : ratios(ours, peer, column);
        if (values.length === 0) continue;
        const against = checkedAgainst === 'itself' ? '' : ` / ${checkedAgainst}`;
        figures[`${name} ${ours.subject} ${column}${against}`] = summarize(values);
      }
    }
  }
  return figures;
}

/** What became worse beyond noise. */
export function regressions(
  before: Baseline,
  now: Baseline,
  scenarios: readonly Checked[],
): readonly Regression[] {
  return Object.entries(now).flatMap(([figure, current]) => {
    const former = before[figure];
    if (former === undefined || !isWorse(former, current, columnOf(figure, scenarios))) return [];
    return [{ figure, before: former, now: current }];
  });
}

/**
 * The median by more than the floor, and the ranges do not touch, so that even the best repetition now is worse than
 * the worst one then. What the same code gives every time, and what never was more than nothing, is not let off so: one
 * repetition is enough, be it one lost write in one of five.
 */
function isWorse(former: Summary, now: Summary, { moreIsBetter, tolerance }: Judged): boolean {
  const allowed = tolerance ?? (former.max === 0 ? 0 : undefined);
  if (allowed !== undefined)
    return moreIsBetter
      ? now.min < former.min * (1 - allowed)
      : now.max > former.max * (1 + allowed);
  return moreIsBetter
    ? now.median < former.median * (1 - NOISE_FLOOR) && now.max < former.min
    : now.median > former.median * (1 + NOISE_FLOOR) && now.min > former.max;
}

type Judged = Pick<Column, 'moreIsBetter' | 'tolerance'>;

function columnOf(figure: string, scenarios: readonly Checked[]): Judged {
  const [name, , column] = figure.split(' ');
  const scenario = scenarios.find((candidate) => candidate.name === name);
  return scenario?.columns.find((candidate) => candidate.name === column) ?? {};
}

/** What the baseline holds and these results should, but do not: a run of ours failed. */
export function unmeasured(
  before: Baseline,
  now: Baseline,
  results: readonly ScenarioResult[],
): readonly string[] {
  const failed = results.flatMap(({ scenario, subjects }) =>
    oursIn(subjects).flatMap(({ subject, failures }) =>
      failures.map((failure) => `${scenario} ${subject}: ${failure.split('\n')[0]}`),
    ),
  );
  const gone = Object.keys(before).filter((figure) => {
    const [name, , , , peer] = figure.split(' ');
    const run = results.find(({ scenario }) => scenario === name);
    const comparable =
      peer === undefined || run?.subjects.some(({ subject }) => subject === peer) === true;
    return run !== undefined && comparable && now[figure] === undefined;
  });
  return [...failed, ...gone];
}

function oursIn(subjects: readonly SubjectResult[]): readonly SubjectResult[] {
  return subjects.filter(({ subject }) => subject.startsWith('mnemesh'));
}

function valuesOf({ runs }: SubjectResult, column: string): readonly number[] {
  return runs.flatMap((run) => run?.[column] ?? []);
}

function ratios(
  ours: SubjectResult,
  peer: SubjectResult | undefined,
  column: string,
): readonly number[] {
  return ours.runs.flatMap((run, n) => {
    const own = run?.[column];
    const other = peer?.runs[n]?.[column];
    return own === undefined || other === undefined || other === 0 ? [] : [own / other];
  });
}
