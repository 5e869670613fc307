import type { LoadProcess } from '../load/load-process.js';
import type { Steps } from '../load/messages.js';
import type { ServerProcess } from '../subjects/server-process.js';
import type { Subject, SubjectName } from '../subjects/subject.js';

export const scenarioNames = [
  's1',
  's2',
  's3',
  's4',
  's5',
  's6',
  's7',
  's8',
  's9',
  's10',
  's11',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** The peers, ours, and the limit. `floor-merge` is told apart only where merging matters. */
export const everySubject: readonly SubjectName[] = [
  'floor',
  'yws',
  'yws-leveldb',
  'hocuspocus',
  'hocuspocus-sqlite',
  'automerge',
  'mnemesh',
  'mnemesh-mesh',
];

/** What one run measured. A column that makes no sense for a subject is left out. */
export type Measured = Readonly<Record<string, number>>;

export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  /** Those it makes sense for. */
  readonly subjects: readonly SubjectName[];
  readonly columns: readonly Column[];
  /** Every run gives the same, so one is enough. */
  readonly once?: boolean;
  /** @throws when the run proved nothing: it did not converge, or a process died */
  measure(run: Run): Promise<Measured>;
}

export interface Column {
  readonly name: string;
  readonly unit: string;
  /** What `--check` compares of ours, as a ratio to this peer; `itself` for a figure that must not grow at all. */
  readonly checkedAgainst?: SubjectName | 'itself';
  /**
   * For a figure that the same code gives every time: how much worse than the baseline's worst repetition one may be,
   * as a part of it. By default medians and ranges are compared, which tells noise apart.
   */
  readonly tolerance?: number;
  /** Default: less is better. */
  readonly moreIsBetter?: boolean;
}

/** One repetition of a scenario for one subject: a fresh data folder, fresh processes. */
export interface Run {
  readonly subject: Subject;
  /** From 1. */
  readonly repetition: number;
  /** The server's data. */
  readonly data: string;
  /** Starts the server, again on the same port and data once it was stopped. */
  startServer(): Promise<ServerProcess>;
  /** A load generator for this scenario. */
  startLoad<S extends Steps>(): LoadProcess<S>;
}

/** The work of a subject that gets a share of it. */
export function shareOf(subject: Subject, whole: number): number {
  return Math.ceil(whole * subject.share);
}

/** @throws unless what was read back is what was written */
export function mustConverge(converged: boolean): void {
  if (!converged) throw new Error('It did not converge: not every client holds what was written.');
}
