import type { TaskInput } from '@mnemesh/core';
import * as v from 'valibot';
import { given } from '../given.js';
import { agentNames, parseNeighbour } from '../record-name.js';
import { filled, taskNamespace, text, texts, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { taskAnswer, taskLine, taskSchema } from './task-answer.js';

export const taskCreate = defineTool({
  name: 'task_create',
  title: 'Create a task',
  description:
    'Adds a task for any agent of this mesh to claim. Name in `blockedBy` what must be done first: the task is not ready before.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  input: v.strictObject({
    title: filled('What is to be done, in a line'),
    description: v.optional(text('What whoever does it must know')),
    priority: v.optional(whole('0 is the most urgent, 9 the least', 0, 9)),
    blockedBy: v.optional(texts('Ids of tasks that must be completed first')),
    parent: v.optional(filled('Id of the task that this one is a part of')),
    discoveredFrom: v.optional(filled('Id of the task during which this one came up')),
    requires: v.optional(texts('What an agent must be able to do, in the words agents declare')),
    tags: v.optional(texts('Words to find it by')),
    namespace: taskNamespace,
  }),
  output: v.object({ task: taskSchema }),
  run: async ({ title, blockedBy = [], parent, discoveredFrom, namespace, ...rest }, session) => {
    const mesh = await session.acting();
    const tasks = namespace === undefined ? mesh.tasks : mesh.tasks.in(namespace);
    const on = (type: string, ids: readonly string[]) =>
      ids.map((id) => ({ type, on: parseNeighbour(id, tasks.namespace) }));
    const dependencies = [
      ...on('blocks', blockedBy),
      ...on('parent-child', parent === undefined ? [] : [parent]),
      ...on('discovered-from', discoveredFrom === undefined ? [] : [discoveredFrom]),
    ];
    const task = await tasks.create({
      title,
      ...(dependencies.length === 0 ? {} : { dependencies }),
      ...given<Omit<TaskInput, 'title'>>(rest),
    });
    const data = { task: taskAnswer(task, await agentNames(mesh)) };
    return { data, text: `Created ${taskLine(data.task)}` };
  },
});
