import type { Json, Task } from '@mnemesh/core';
import type { JsonObject } from '../imports/json-value.js';
import { dependencyList, REF_PREFIX } from './dependencies.js';
import { type Kept, keptOf } from './kept.js';
import { digestOf, type MappedField, mappedFields, scalars } from './mapped-fields.js';
import { wordOf } from './status-words.js';
import { isTag } from './task-of-issue.js';

/**
 * The line for a task. One that was imported and not edited since gives the line it came from;
 * an edit shows in its field, in `updated_at`, and in what the tracker demands beside a status.
 */
export function issueOfTask(task: Task): JsonObject {
  const kept = keptOf(task) ?? { imported: {} };
  const edited = new Set(mappedFields.filter((field) => isEdited(task, kept, field)));
  const issue = new Map<string, Json>(Object.entries(kept.fields ?? {}));
  const id = issueId(task);
  issue.set('id', id);

  for (const { field, source } of scalars) {
    const value = task[field];
    if (value === undefined) continue;
    const stands = !issue.has(source) && !kept.absent?.includes(source);
    if (edited.has(field) || stands) issue.set(source, value);
  }
  writeStatus(issue, task, kept, edited.has('status'));
  writeList(issue, 'labels', labelList(task.tags, kept.labels), kept.labels !== undefined);
  writeList(issue, 'dependencies', dependencyList(id, task.dependencies, kept.dependencies ?? []));
  if (
    task.comments !== undefined &&
    (edited.has('comments') || !kept.absent?.includes('comments'))
  ) {
    issue.set('comments', task.comments.map(commentOf));
  }
  if (keptOf(task) === undefined) {
    issue.set('issue_type', 'task').set('created_at', task.createdAt);
  }
  if (edited.size > 0) issue.set('updated_at', task.updatedAt);
  return Object.fromEntries(issue);
}

/** Whether `field` differs from what the import brought. A field back at its imported value is not edited. */
function isEdited(task: Task, kept: Kept, field: MappedField): boolean {
  return digestOf(field, task) !== kept.imported[field];
}

/** The tracker's id; a task that no import brought in gets one from its record's. */
function issueId(task: Task): string {
  if (task.ref?.startsWith(REF_PREFIX)) return task.ref.slice(REF_PREFIX.length);
  return `mnemesh-${task.id.replace('.', '-').toLowerCase()}`;
}

const DELETION = ['deleted_at', 'deleted_by', 'delete_reason', 'original_type'];

function writeStatus(issue: Map<string, Json>, task: Task, kept: Kept, edited: boolean): void {
  if (!edited) {
    if (kept.status !== undefined) issue.set('status', kept.status);
    return;
  }
  const word = wordOf(task.status);
  issue.set('status', word);
  // The tracker refuses a closed task without its time of closing, and an open or live one with it.
  if (word !== 'closed') issue.delete('closed_at');
  else if (!issue.has('closed_at')) issue.set('closed_at', task.updatedAt);
  if (kept.status === 'tombstone') for (const name of DELETION) issue.delete(name);
}

function writeList(
  issue: Map<string, Json>,
  name: string,
  list: readonly Json[],
  evenEmpty = false,
): void {
  if (list.length > 0 || evenEmpty) issue.set(name, list);
}

/** The labels in the order they came in, less the tags removed since, then the tags added since. */
function labelList(
  tags: readonly string[],
  original: readonly Json[] | undefined,
): readonly Json[] {
  if (original === undefined) return [...tags].sort();
  const left = original.filter((label) => !isTag(label) || tags.includes(label));
  const added = tags.filter((tag) => !original.includes(tag)).sort();
  return [...left, ...added];
}

function commentOf({ author, text, at, extra }: NonNullable<Task['comments']>[number]): JsonObject {
  return { ...(extra as JsonObject | undefined), author, text, created_at: at };
}
