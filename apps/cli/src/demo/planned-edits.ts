import { readFileSync } from 'node:fs';
import { isEnd, type TaskPatch, type TaskState } from '@mnemesh/core';
import { type BeadsIssue, parseIssue } from '../beads/issue.js';
import { mapIssue, refOf } from '../beads/task-of-issue.js';
import type { Edit } from './agent-commands.js';

/** Tasks that both sides edit. */
const EDITED_TASKS = 24;
/** Of these, tasks whose status both change too, if so many are not over. */
const EDITED_STATUS = 8;
const PRIORITIES = 5;

export interface PlannedEdits {
  readonly planner: readonly Edit[];
  readonly researcher: readonly Edit[];
  /** For each edited id, the fields of its line that differ for it. */
  readonly lines: Readonly<Record<string, readonly string[]>>;
}

/** The same fields of the same tasks of the file, with another value on each side and neither the old one. */
export function editsFor(file: string): PlannedEdits {
  const issues = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseIssue)
    // Deleted ones are left alone: bringing them back changes more fields than these.
    .filter(({ all }) => all.status !== 'tombstone')
    // What is over cannot begin again, so those that are not come first.
    .sort((a, b) => Number(isOver(a)) - Number(isOver(b)))
    .slice(0, EDITED_TASKS);
  const statuses = Math.min(EDITED_STATUS, issues.filter((issue) => !isOver(issue)).length);
  const edits = (turn: number, status: TaskState): readonly Edit[] =>
    issues.map((issue, i) => ({
      ref: refOf(issue.id),
      patch: {
        priority: otherPriority(issue, turn),
        ...(i < statuses ? { status: otherStatus(issue, status) } : {}),
      } satisfies TaskPatch,
    }));
  return {
    planner: edits(1, 'working'),
    researcher: edits(2, 'input_required'),
    lines: Object.fromEntries(issues.map(({ id }, i) => [id, changedFields(i < statuses)])),
  };
}

function isOver(issue: BeadsIssue): boolean {
  return isEnd(mapIssue(issue).fields.status ?? 'submitted');
}

function otherPriority(issue: BeadsIssue, turn: number): number {
  return ((mapIssue(issue).fields.priority ?? 0) + turn) % PRIORITIES;
}

/** `failed` where the task has `wanted` already: the edit must be one. */
function otherStatus(issue: BeadsIssue, wanted: TaskState): TaskState {
  return mapIssue(issue).fields.status === wanted ? 'failed' : wanted;
}

function changedFields(status: boolean): readonly string[] {
  return status ? ['priority', 'status', 'updated_at', 'closed_at'] : ['priority', 'updated_at'];
}
