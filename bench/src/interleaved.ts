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
  const repeat = scenario.once ? 1 : command.repeat;
  for (let n = 1; n <= repeat; n++) {
    for (const name of names) {
      const outcome = await runOnce(scenario, subjects[name]);
      outcomes.get(name)?.push(outcome);
      console.error(`${scenario.name} ${n}/${repeat} ${name} ${told(outcome)}`);
    }
  }
  const columns = scenario.columns.map(({ name }) => name);
  return {
    scenario: scenario.name,
    subjects: [...outcomes].map(([name, all]) => subjectResult(name, columns, all)),
  };
}

function told(outcome: Outcome): string {
  return 'failed' in outcome ? `FAILED ${outcome.failed}` : JSON.stringify(outcome.measured);
}
