import { type ClaimOptions, claimModes, type Task } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';
import { given } from '../given.js';
import { agentNames, parseRecordName } from '../record-name.js';
import { filled, flag, taskNamespace, texts, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import { claimNext } from './claim-next.js';
import { oneTask, oneTaskText } from './one-task.js';
import { noticesSchema, taskSchema } from './task-answer.js';

const SECOND = 1_000;
const WEEK_S = 7 * 24 * 3_600;

export const taskClaim = defineTool({
  name: 'task_claim',
  title: 'Claim a task',
  description:
    'Takes a task for this session, so that nobody does it twice, and gives it whole; claim before you begin. Claiming what you hold renews the lease. ' +
    'An advisory claim works offline, and under a partition another agent may hold one too: you are told, and one counts. A strict one is granted by the relay or not at all.',
  hints: { readOnly: false, destructive: false, idempotent: true },
  input: v.strictObject({
    id: v.optional(filled('Id or address of the task')),
    next: v.optional(flag('Instead of an id: the most urgent ready task that can be claimed')),
    mode: v.optional(
      v.pipe(v.picklist(claimModes), v.description("Default: the task's own, or advisory")),
    ),
    leaseSeconds: v.optional(
      whole('How long the claim holds unless renewed. Default: 900', 1, WEEK_S),
    ),
    can: v.optional(texts('What you are able to do, for tasks that require it')),
    namespace: taskNamespace,
  }),
  output: v.object({ task: taskSchema, notices: noticesSchema }),
  run: async ({ id, next = false, mode, leaseSeconds, can, namespace }, session) => {
    const mesh = await session.acting();
    if ((id === undefined) === !next)
      throw new MnemeshError('bad_input', 'Name a task by its `id`, or say `next: true`.');
    const options = given<ClaimOptions>({
      mode,
      ttlMs: leaseSeconds === undefined ? undefined : leaseSeconds * SECOND,
      capabilities: can,
    });
    let task: Task;
    if (id === undefined) task = await claimNext(session, namespace, options);
    else {
      const name = parseRecordName(id, namespace ?? mesh.tasks.namespace);
      task = await mesh.tasks.in(name.namespace).claim(name.id, options);
    }
    const nameOf = await agentNames(mesh);
    const data = oneTask(task, session.takeNotices(), nameOf);
    return { data, text: oneTaskText('Yours: ', data) };
  },
});
