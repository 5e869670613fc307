import { type Summary, summarize } from '../measure/summary.js';
import type { ReplicaScaleResult } from '../replica-scale/run-replica-scale.js';
import type { Outcome } from '../run.js';
import type { ScenarioName } from '../scenarios/scenario.js';
import type { SubjectName } from '../subjects/subject.js';

/** All repetitions of one scenario for one subject, in the order they ran; undefined where one failed. */
export interface SubjectResult {
  readonly subject: SubjectName;
  readonly runs: readonly (Readonly<Record<string, number>> | null)[];
  /** Why runs failed, one line each. */
  readonly failures: readonly string[];
  readonly summary: Readonly<Record<string, Summary>>;
}

export interface ScenarioResult {
  readonly scenario: ScenarioName;
  readonly subjects: readonly SubjectResult[];
}

export interface Results {
  readonly at: string;
  readonly machine: Machine;
  readonly scenarios: readonly ScenarioResult[];
  readonly replicaScale?: ReplicaScaleResult;
}

export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly system: string;
  /** Runnable processes as the bench began: others' work makes the spread wider. */
  readonly load: number;
}

export function subjectResult(
  subject: SubjectName,
  columns: readonly string[],
  outcomes: readonly Outcome[],
): SubjectResult {
  const measured = outcomes.flatMap((outcome) => ('measured' in outcome ? [outcome.measured] : []));
  const summary: Record<string, Summary> = {};
  for (const column of columns) {
    const values = measured.flatMap((run) => run[column] ?? []);
    if (values.length > 0) summary[column] = summarize(values);
  }
  return {
    subject,
    runs: outcomes.map((outcome) => ('measured' in outcome ? outcome.measured : null)),
    failures: outcomes.flatMap((outcome) => ('failed' in outcome ? [outcome.failed] : [])),
    summary,
  };
}
