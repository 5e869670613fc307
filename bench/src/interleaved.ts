import type { Command } from './command.js';
import { type ScenarioResult, subjectResult } from './report/results.js';
import { type Outcome, runOnce } from './run.js';
import type { Scenario } from './scenarios/scenario.js';
import { type SubjectName, subjects } from './subjects/subject.js';

/** Subjects take turns, so that what disturbs the machine disturbs them all. */
export async function runInterleaved(
  scenario: Scenario,
  command: Command,
): Promise<ScenarioResult> {
  const names = scenario.subjects.filter((name) => command.subjects.includes(name));
  const outcomes = new Map<SubjectName, Outcome[]>(names.map((name) => [name, []]));
  const columns = scenario.columns.map(({ name }) => name);
  const repeat = scenario.once ? 1 : command.repeat;
  for (let n = 1; n <= repeat; n++) {
    for (const name of names) {
      const outcome = await runOnce(scenario, subjects[name], n);
      outcomes.get(name)?.push(outcome);
      console.error(`${scenario.name} ${n}/${repeat} ${name} ${told(outcome, columns)}`);
    }
  }
  return {
    scenario: scenario.name,
    subjects: [...outcomes].map(([name, all]) => subjectResult(name, columns, all)),
  };
}

/** The columns of a run: what else it measured is for the file of results. */
function told(outcome: Outcome, columns: readonly string[]): string {
  if ('failed' in outcome) return `FAILED ${outcome.failed}`;
  return JSON.stringify(outcome.measured, [...columns]);
}
