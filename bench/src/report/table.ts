import type { Summary } from '../measure/summary.js';
import type { Scenario } from '../scenarios/scenario.js';
import { markdownTable } from './markdown.js';
import type { ScenarioResult, SubjectResult } from './results.js';

/** A Markdown table of medians, with least and greatest in parentheses where they differ. */
export function tableOf(scenario: Scenario, result: ScenarioResult): string {
  const shown = scenario.columns.filter(({ name }) =>
    result.subjects.some(({ summary }) => summary[name] !== undefined),
  );
  const head = [
    'subject',
    'n',
    ...shown.map(({ name, unit }) => (unit ? `${name}, ${unit}` : name)),
  ];
  const rows = result.subjects.map((subject) => [
    subject.subject,
    runsOf(subject),
    ...shown.map(({ name }) => cell(subject.summary[name])),
  ]);
  const failures = result.subjects.flatMap(({ subject, failures: reasons }) =>
    [...new Set(reasons)].map((reason) => `${subject}: ${firstLine(reason)}`),
  );
  const table = markdownTable(head, rows);
  return [`### ${scenario.title}`, '', table, ...withBlank(failures)].join('\n');
}

function runsOf({ runs, failures }: SubjectResult): string {
  const done = runs.length - failures.length;
  return failures.length === 0 ? String(done) : `${done} of ${runs.length}`;
}

function cell(summary: Summary | undefined): string {
  if (summary === undefined) return '–';
  const [median, min, max] = [summary.median, summary.min, summary.max].map(readable);
  return min === max ? (median as string) : `${median} (${min}–${max})`;
}

/** Three digits that mean something. */
function readable(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100)
    return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function withBlank(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function firstLine(text: string): string {
  return text.split('\n')[0] as string;
}
