import type { TaskPatch } from '@mnemesh/core';
import * as v from 'valibot';
import { given } from '../given.js';
import { agentNames, parseRecordName } from '../record-name.js';
import { filled, taskNamespace, taskState, text, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { taskAnswer, taskLine, taskSchema } from './task-answer.js';

export const taskUpdate = defineTool({
  name: 'task_update',
  title: 'Update a task',
  description: 'Changes a task: its state, its text, its result.',
  hints: { readOnly: false, destructive: false, idempotent: true },
  input: v.strictObject({
    id: filled('Id or address of the task'),
    state: v.optional(v.pipe(taskState, v.description('The state it is in from now on'))),
    title: v.optional(filled('A better title')),
    description: v.optional(text('A better description')),
    notes: v.optional(text('Where the work stands')),
    result: v.optional(text('What came of it')),
    priority: v.optional(whole('0 is the most urgent, 9 the least', 0, 9)),
    namespace: taskNamespace,
  }),
  output: v.object({ task: taskSchema }),
  run: async ({ id, state, namespace, ...rest }, session) => {
    const mesh = await session.acting();
    const name = parseRecordName(id, namespace ?? mesh.tasks.namespace);
    const patch: TaskPatch = {
      ...(state === undefined ? {} : { status: state }),
      ...given<Omit<TaskPatch, 'status'>>(rest),
    };
    const task = await mesh.tasks.in(name.namespace).update(name.id, patch);
    const data = { task: taskAnswer(task, await agentNames(mesh)) };
    return { data, text: taskLine(data.task) };
  },
});
