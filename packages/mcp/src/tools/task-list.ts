import type { ListQuery } from '@mnemesh/core';
import * as v from 'valibot';
import { counted, fitting } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames } from '../record-name.js';
import { taskNamespace, taskState, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { taskAnswer, taskLine, taskSchema } from './task-answer.js';

export const taskList = defineTool({
  name: 'task_list',
  title: 'List tasks',
  description: 'Lists tasks, newest first.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({
    state: v.optional(v.pipe(taskState, v.description('Only tasks in this state'))),
    limit: v.optional(whole('Most tasks to give. Default: 20', 1, mcpLimits.listed)),
    namespace: taskNamespace,
  }),
  output: v.object({ tasks: v.array(taskSchema), omitted: v.number() }),
  run: async ({ state, limit = 20, namespace }, session) => {
    const mesh = await session.acting();
    const tasks = namespace === undefined ? mesh.tasks : mesh.tasks.in(namespace);
    const query: ListQuery = { limit, ...(state === undefined ? {} : { state }) };
    const [found, nameOf] = await Promise.all([tasks.list(query), agentNames(mesh)]);
    const all = found.map((task) => taskAnswer(task, nameOf));
    const { shown, omitted } = fitting(all, (task) => JSON.stringify(task));
    const lines = shown.map((task) => taskLine(task));
    const text =
      lines.length === 0 ? 'No tasks.' : [`${counted(lines.length, 'task')}:`, ...lines].join('\n');
    return { data: { tasks: [...shown], omitted }, text };
  },
});
