import type { Checked } from '../report/baseline.js';
import type { ScenarioResult } from '../report/results.js';
import type { Measured } from '../scenarios/scenario.js';
import type { Opening } from './opening-process.js';
import type { ReplicaScaleResult, SizeResult } from './run-replica-scale.js';

/** What must not follow the size of a replica. */
const FIGURES = {
  total: 'totalMs',
  write: 'writeMs',
  write_to_read: 'writeToReadMs',
  rss: 'rssMb',
  live: 'liveMb',
} as const satisfies Record<string, keyof Opening>;

/**
 * What `--check` compares of S9: each replica's figures as ratios to those of the first, the smallest, in the same
 * repetition. So they tell of another machine too.
 */
export function replicaScaleChecks({ sizes: [smallest, ...others] }: ReplicaScaleResult): {
  readonly checked: Checked;
  readonly result: ScenarioResult;
} {
  const runs = (smallest?.runs ?? []).map(
    (run, n) =>
      Object.assign({}, ...others.map((other) => ratios(other, other.runs[n], run))) as Measured,
  );
  const columns = Object.keys(runs[0] ?? {}).map((name) => ({
    name,
    unit: '',
    checkedAgainst: 'itself' as const,
  }));
  return {
    checked: { name: 's9', columns },
    result: {
      scenario: 's9',
      subjects: [{ subject: 'mnemesh-mesh', runs, failures: [], summary: {} }],
    },
  };
}

function ratios(
  { records, shape }: SizeResult,
  run: Opening | undefined,
  smallest: Opening,
): Measured {
  if (run === undefined) return {};
  const of = `${records}_in_${shape.conversations}`;
  const entries = Object.entries(FIGURES).map(([name, figure]) => [
    `${name}_${of}`,
    run[figure] / smallest[figure],
  ]);
  return Object.fromEntries(entries) as Measured;
}
