import type { Task } from '@mnemesh/core';
import * as v from 'valibot';
import { cut } from '../answer-text.js';
import { uriOf } from '../record-name.js';
import { taskState } from '../schemas.js';

/** A task as tools give it. */
export const taskSchema = v.object({
  id: v.string(),
  uri: v.string(),
  title: v.string(),
  status: taskState,
  description: v.optional(v.string()),
  priority: v.optional(v.number()),
  assignee: v.optional(v.string()),
  notes: v.optional(v.string()),
  result: v.optional(v.string()),
  tags: v.array(v.string()),
  dependencies: v.array(v.object({ type: v.string(), on: v.string() })),
  updatedAt: v.string(),
  updatedBy: v.string(),
  conflicted: v.boolean(),
});
export type TaskAnswer = v.InferOutput<typeof taskSchema>;

export function taskAnswer(task: Task, nameOf: (agent: string) => string): TaskAnswer {
  const { id, title, status, priority, assignee, tags, dependencies, updatedAt } = task;
  const long = Object.fromEntries(
    (['description', 'notes', 'result'] as const).flatMap((name) => {
      const value = task[name];
      return value === undefined ? [] : [[name, cut(value)]];
    }),
  );
  return {
    id,
    uri: uriOf(task),
    title,
    status,
    ...long,
    ...(priority === undefined ? {} : { priority }),
    ...(assignee === undefined ? {} : { assignee }),
    tags: [...tags],
    dependencies: dependencies.map(({ type, on }) => ({ type, on })),
    updatedAt,
    updatedBy: nameOf(task.updatedBy),
    conflicted: task.conflicts.some(({ open }) => open),
  };
}

export function taskLine(task: TaskAnswer, marks: readonly string[] = []): string {
  const parts = [
    task.status,
    ...(task.priority === undefined ? [] : [`P${task.priority}`]),
    ...(task.assignee === undefined ? [] : [`for ${task.assignee}`]),
    ...(task.conflicted ? ['in conflict'] : []),
    ...marks,
  ];
  return `[${task.id}] ${task.title} (${parts.join(', ')})`;
}
