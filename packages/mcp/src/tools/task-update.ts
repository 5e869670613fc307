import type { Task, TaskPatch, Tasks } from '@mnemesh/core';
import { MnemeshError, type RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { given } from '../given.js';
import { agentNames, parseRecordName } from '../record-name.js';
import { filled, flag, taskNamespace, taskState, text, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { oneTask, oneTaskText } from './one-task.js';
import { noticesSchema, taskSchema } from './task-answer.js';

const input = v.strictObject({
  id: filled('Id or address of the task'),
  state: v.optional(
    v.pipe(taskState, v.description('The state it is in from now on. An end stays an end')),
  ),
  result: v.optional(text('What came of it, or why it failed')),
  notes: v.optional(text('Where the work stands')),
  comment: v.optional(filled('Something to add to its log')),
  title: v.optional(filled('A better title')),
  description: v.optional(text('A better description')),
  priority: v.optional(whole('0 is the most urgent, 9 the least', 0, 9)),
  renew: v.optional(flag('Let your lease run anew')),
  release: v.optional(flag('Give it back for others to claim')),
  why: v.optional(text('Why, for its log')),
  namespace: taskNamespace,
});

export const taskUpdate = defineTool({
  name: 'task_update',
  title: 'Update a task',
  description:
    'Says how a task goes: completed or failed with a result, notes, a comment, another state; renews your lease or gives the task back.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  input,
  output: v.object({ task: taskSchema, notices: noticesSchema }),
  run: async (args, session) => {
    const mesh = await session.acting();
    const name = parseRecordName(args.id, args.namespace ?? mesh.tasks.namespace);
    const task = await updated(mesh.tasks.in(name.namespace), name.id, args);
    const nameOf = await agentNames(mesh);
    const data = oneTask(task, session.takeNotices(), nameOf);
    return { data, text: oneTaskText('', data) };
  },
});

/** What ends the work comes last, so that what is refused before it changes nothing of that. @throws MnemeshError */
async function updated(
  tasks: Tasks,
  id: RecordId,
  args: v.InferOutput<typeof input>,
): Promise<Task> {
  const { state, result, comment, renew, release, why, notes, title, description, priority } = args;
  const ends = state === 'completed' || state === 'failed';
  if ((renew && release) || (ends && (renew || release)))
    throw new MnemeshError('bad_input', 'Choose one: renew, release, or a state that ends it.');
  const patch = given<TaskPatch>({
    notes,
    title,
    description,
    priority,
    ...(ends ? {} : { status: state, result }),
  });
  let task: Task | undefined;
  if (Object.keys(patch).length > 0) task = await tasks.update(id, patch, why);
  if (comment !== undefined) task = await tasks.comment(id, comment);
  if (renew) task = await tasks.renew(id);
  if (release) task = await tasks.release(id, why);
  if (state === 'completed') task = await tasks.complete(id, result);
  if (state === 'failed') task = await tasks.fail(id, result ?? why ?? 'No reason was given.');
  if (task !== undefined) return task;
  throw new MnemeshError('bad_input', 'This update changes nothing: say what is to change.');
}
