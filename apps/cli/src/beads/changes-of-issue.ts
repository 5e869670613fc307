import {
  canonicalJson,
  type Dependency,
  type Json,
  type SetChange,
  type Task,
  type TaskPatch,
} from '@mnemesh/core';
import type { BeadsIssue } from './issue.js';
import { extraOf, type Kept, keptOf } from './kept.js';
import {
  digestOf,
  type MappedField,
  type MappedFields,
  mappedFields,
  scalars,
} from './mapped-fields.js';
import { isTag, mapIssue } from './task-of-issue.js';

/**
 * What a line changes in a task that an earlier import brought in. Only fields that differ from that
 * import are written, so an edit made here stands until the line's own field changes. Undefined when
 * nothing does.
 */
export function changesOfIssue(task: Task, issue: BeadsIssue): TaskPatch | undefined {
  const before: Kept = keptOf(task) ?? { imported: {} };
  const { fields, kept } = mapIssue(issue);
  const imported = { ...kept.imported };
  const absent: string[] = [];
  const patch: Record<string, unknown> = {};

  for (const field of mappedFields) {
    const gone = sourceGone(field, issue, before);
    if (gone !== undefined) {
      absent.push(gone);
      const known = before.absent?.includes(gone);
      const empty = known ? undefined : emptied(field);
      if (empty !== undefined) patch[field] = empty;
      const digest = known ? before.imported[field] : digestOf(field, { ...task, ...patch });
      if (digest !== undefined) imported[field] = digest;
      continue;
    }
    if (imported[field] === before.imported[field]) continue;
    if (digestOf(field, task) === imported[field]) continue;
    patch[field] = change(field, task, fields, before);
  }

  const next = extraOf({ ...kept, ...(absent.length > 0 ? { absent } : {}), imported });
  const extra = { ...task.extra, ...next };
  if (canonicalJson(extra) !== canonicalJson(task.extra ?? {})) patch.extra = extra;
  return Object.keys(patch).length > 0 ? (patch as TaskPatch) : undefined;
}

/** The tracker's name of a field that the earlier import had and this line has not. */
function sourceGone(field: MappedField, { all }: BeadsIssue, before: Kept): string | undefined {
  const source =
    field === 'comments' ? field : scalars.find((scalar) => scalar.field === field)?.source;
  if (source === undefined || source in all || before.imported[field] === undefined) {
    return undefined;
  }
  return source;
}

/** A record's field cannot be unset: it is emptied where it can be, and listed as absent. */
function emptied(field: MappedField): Json | undefined {
  if (field === 'priority') return undefined;
  return field === 'comments' ? [] : '';
}

function change(field: MappedField, task: Task, fields: MappedFields, before: Kept): unknown {
  if (field === 'tags') return tagChange(task, fields.tags ?? [], before);
  if (field === 'dependencies') return dependencyChange(task, fields.dependencies ?? []);
  return fields[field];
}

/** Tags added here stay. */
function tagChange(task: Task, tags: readonly string[], before: Kept): SetChange<string> {
  const had = (before.labels ?? []).filter(isTag);
  return {
    add: tags.filter((tag) => !task.tags.includes(tag)),
    remove: task.tags.filter((tag) => had.includes(tag) && !tags.includes(tag)),
  };
}

/** Dependencies added here stay: they have no position in an imported list. */
function dependencyChange(task: Task, list: readonly Dependency[]): SetChange<Dependency> {
  const standing = new Set(task.dependencies.map((one) => canonicalJson(one as Json)));
  const names = new Set(list.map(({ type, on }) => `${type}:${on}`));
  return {
    add: list.filter((one) => !standing.has(canonicalJson(one as Json))),
    remove: task.dependencies.filter(
      ({ type, on, extra }) => extra?.position !== undefined && !names.has(`${type}:${on}`),
    ),
  };
}
