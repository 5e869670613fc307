import type { Mesh, Task, TaskState, Tasks } from '@mnemesh/core';
import * as v from 'valibot';
import { counted, fitting } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames } from '../record-name.js';
import { taskNamespace, taskState, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { noticeAnswer, noticesSchema, taskAnswer, taskLine, taskSchema } from './task-answer.js';

const views = ['ready', 'mine', 'blocked', 'stale', 'all'] as const;

export const taskList = defineTool({
  name: 'task_list',
  title: 'List tasks',
  description:
    'Lists tasks: `ready` may be claimed now, most urgent first; `mine` are those you hold; `blocked` wait for others; `stale` were left by an agent whose lease lapsed; `all`, newest first.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({
    view: v.optional(v.pipe(v.picklist(views), v.description('Default: ready'))),
    state: v.optional(v.pipe(taskState, v.description('With view all: only in this state'))),
    limit: v.optional(whole('Most tasks to give. Default: 20', 1, mcpLimits.listed)),
    namespace: taskNamespace,
  }),
  output: v.object({
    tasks: v.array(
      v.object({
        ...taskSchema.entries,
        waitsFor: v.optional(v.array(v.object({ on: v.string(), state: v.string() }))),
      }),
    ),
    omitted: v.number(),
    notices: noticesSchema,
  }),
  run: async ({ view, state, limit = 20, namespace }, session) => {
    const mesh = await session.acting();
    const tasks = namespace === undefined ? mesh.tasks : mesh.tasks.in(namespace);
    const chosen = view ?? (state === undefined ? 'ready' : 'all');
    const [found, nameOf] = await Promise.all([
      viewOf(mesh, tasks, chosen, limit, state),
      agentNames(mesh),
    ]);
    const all = found.map(({ task, waitsFor }) => ({
      ...taskAnswer(task, nameOf),
      ...(waitsFor === undefined ? {} : { waitsFor }),
    }));
    const { shown, omitted } = fitting(all, (task) => JSON.stringify(task));
    const notices = session.takeNotices().map((notice) => noticeAnswer(notice, nameOf));
    const lines = shown.map((task) =>
      taskLine(
        task,
        (task.waitsFor ?? []).map(({ on, state: at }) => `waits for ${on}: ${at}`),
      ),
    );
    const head = `${counted(lines.length, 'task')}, ${chosen}:`;
    const text = [
      ...(lines.length === 0
        ? [`No tasks are ${chosen === 'all' ? 'there' : chosen}.`]
        : [head, ...lines]),
      ...notices.map((notice) => notice.text),
    ].join('\n');
    return { data: { tasks: [...shown], omitted, notices }, text };
  },
});

interface Listed {
  readonly task: Task;
  readonly waitsFor?: { on: string; state: string }[];
}

async function viewOf(
  mesh: Mesh,
  tasks: Tasks,
  view: (typeof views)[number],
  limit: number,
  state: TaskState | undefined,
): Promise<readonly Listed[]> {
  switch (view) {
    case 'ready':
      return (await tasks.ready({ limit })).map((task) => ({ task }));
    case 'stale':
      return (await tasks.stale({ limit })).map((task) => ({ task }));
    case 'blocked':
      return (await tasks.blocked({ limit })).map(({ task, by }) => ({
        task,
        waitsFor: by.map(({ on, state: at }) => ({ on, state: at })),
      }));
    case 'mine': {
      const working = await tasks.list({ state: 'working', limit: mcpLimits.workingTasks });
      return working
        .filter(({ claim }) => claim?.agent === mesh.agent.id)
        .slice(0, limit)
        .map((task) => ({ task }));
    }
    case 'all': {
      const listed = await tasks.list({ limit, ...(state === undefined ? {} : { state }) });
      return listed.map((task) => ({ task }));
    }
  }
}
