import type { Task, TaskNotice } from '@mnemesh/core';
import * as v from 'valibot';
import { cut, fittingLists } from '../answer-text.js';
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
  truncated: v.pipe(
    v.optional(v.array(v.string())),
    v.description('Texts of which only the beginning is given'),
  ),
  omitted: v.pipe(
    v.optional(v.number()),
    v.description('Tags, requirements, dependencies and tasks it waits for that are not given'),
  ),
  tags: v.array(v.string()),
  requires: v.array(v.string()),
  dependencies: v.array(v.object({ type: v.string(), on: v.string() })),
  claim: v.optional(
    v.object({
      agent: v.string(),
      epoch: v.number(),
      mode: v.string(),
      leaseUntil: v.pipe(v.string(), v.description('Renew before, or others may take over')),
    }),
  ),
  updatedAt: v.string(),
  updatedBy: v.string(),
  conflicted: v.boolean(),
});
export type TaskAnswer = v.InferOutput<typeof taskSchema>;

/** What others did to tasks of this session since the last answer. */
export const noticesSchema = v.pipe(
  v.array(v.object({ type: v.string(), task: v.string(), text: v.string() })),
  v.description('What others did to your tasks since you were last told'),
);
export type NoticeAnswer = v.InferOutput<typeof noticesSchema>[number];

/** What may be long. */
export const taskTexts = ['description', 'notes', 'result'] as const;
/** Tokens that tags, requirements and dependencies take together of a task in a list. */
const LISTED_TOKENS = 300;

/** A task in a list: the beginnings of its texts. */
export function taskAnswer(task: Task, nameOf: (agent: string) => string): TaskAnswer {
  return withTexts(task, baseAnswer(task, nameOf, LISTED_TOKENS), (text) => cut(text));
}

export function withTexts(
  task: Task,
  base: TaskAnswer,
  textOf: (text: string) => string,
): TaskAnswer {
  const texts = taskTexts.flatMap((name) => {
    const text = task[name];
    return text === undefined ? [] : [{ name, text, given: textOf(text) }];
  });
  const truncated = texts.filter(({ text, given }) => given !== text).map(({ name }) => name);
  return {
    ...base,
    ...Object.fromEntries(texts.map(({ name, given }) => [name, given])),
    ...(truncated.length === 0 ? {} : { truncated }),
  };
}

/** A task but for its texts. */
export function baseAnswer(
  task: Task,
  nameOf: (agent: string) => string,
  listTokens: number,
): TaskAnswer {
  const { id, title, status, priority, assignee, claim } = task;
  const { shown, omitted } = fittingLists(
    {
      tags: task.tags,
      requires: task.requires,
      dependencies: task.dependencies.map(({ type, on }) => ({ type, on })),
    },
    listTokens,
  );
  return {
    id,
    uri: uriOf(task),
    title,
    status,
    ...(priority === undefined ? {} : { priority }),
    ...(assignee === undefined ? {} : { assignee }),
    ...shown,
    ...(omitted === 0 ? {} : { omitted }),
    ...(claim === undefined
      ? {}
      : {
          claim: {
            agent: nameOf(claim.agent),
            epoch: claim.epoch,
            mode: claim.mode,
            leaseUntil: new Date(claim.renewedAt + claim.ttlMs).toISOString(),
          },
        }),
    updatedAt: task.updatedAt,
    updatedBy: nameOf(task.updatedBy),
    conflicted: task.conflicts.some(({ open }) => open),
  };
}

export function taskLine(task: TaskAnswer, marks: readonly string[] = []): string {
  const { id, title, status, priority, assignee, claim, conflicted } = task;
  const parts = [
    status,
    ...(priority === undefined ? [] : [`P${priority}`]),
    ...(assignee === undefined ? [] : [`for ${assignee}`]),
    ...(claim === undefined ? [] : [`held by ${claim.agent} until ${claim.leaseUntil}`]),
    ...(conflicted ? ['in conflict'] : []),
    ...marks,
  ];
  return `[${id}] ${title} (${parts.join(', ')})`;
}

export function noticeAnswer(notice: TaskNotice, nameOf: (agent: string) => string): NoticeAnswer {
  const { type, task } = notice;
  return { type, task, text: `Task ${task}: ${noticeText(notice, nameOf)}` };
}

function noticeText(notice: TaskNotice, nameOf: (agent: string) => string): string {
  switch (notice.type) {
    case 'claim_lost':
      return `your claim is lost to ${nameOf(notice.to.agent)}. Stop, or finish and risk that it does not count.`;
    case 'task_ended':
      return `somebody else ended it: it is ${notice.status}. Stop.`;
    case 'completion_not_accepted':
      return `your completion is kept and does not count; that of ${nameOf(notice.accepted.agent)} does.`;
    case 'completion_accepted':
      return 'somebody else completed it too; yours is the one that counts.';
    case 'blocker_changed':
      return `it rests on another completion of ${notice.blocker} now. Look whether that changes your work.`;
  }
}
