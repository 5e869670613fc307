import { estimateTokens, type Task, type TaskState, type Tasks } from '@mnemesh/core';
import type { SessionId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { counted, fitting } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames } from '../record-name.js';
import { taskNamespace, taskState, whole } from '../schemas.js';
import { defineTool } from '../tool.js';
import {
  noticeAnswer,
  noticesSchema,
  type TaskAnswer,
  taskAnswer,
  taskLine,
  taskSchema,
} from './task-answer.js';

/** Tokens that the tasks take which one task waits for. */
const WAITS_TOKENS = 300;
/** The states that a held task may be in, the most likely first. */
const HELD_STATES = ['working', 'input_required', 'auth_required', 'submitted'] as const;
const views = ['ready', 'mine', 'blocked', 'stale', 'all'] as const;

export const taskList = defineTool({
  name: 'task_list',
  title: 'List tasks',
  description:
    'Lists tasks: `ready` may be claimed now, most urgent first; `mine` are those that this session holds; `blocked` wait for others; `stale` were left by an agent whose lease lapsed; `all`, newest first.',
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
    const watching = await session.watching();
    const [found, nameOf] = await Promise.all([
      viewOf(watching.tasks.in(tasks.namespace), {
        view: chosen,
        limit,
        state,
        session: mesh.session,
      }),
      agentNames(mesh),
    ]);
    const notices = session.takeNotices().map((notice) => noticeAnswer(notice, nameOf));
    const { shown: fits, omitted } = fitting(
      found,
      (one) => JSON.stringify(answerOf(one, nameOf)),
      mcpLimits.answerTokens - estimateTokens(JSON.stringify(notices)),
    );
    // Those that are told, and no others, are read by the session that is told of them.
    const read = await Promise.all(fits.map(({ task }) => tasks.get(task.id)));
    const shown = fits.flatMap(({ waitsFor }, i) => {
      const task = read[i];
      return task === undefined ? [] : [answerOf({ task, waitsFor }, nameOf)];
    });
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
    return { data: { tasks: shown, omitted, notices }, text };
  },
});

interface Listed {
  readonly task: Task;
  readonly waitsFor?: { on: string; state: string }[] | undefined;
}

type ListedAnswer = TaskAnswer & Pick<Listed, 'waitsFor'>;

function answerOf({ task, waitsFor }: Listed, nameOf: (agent: string) => string): ListedAnswer {
  const answer = taskAnswer(task, nameOf);
  if (waitsFor === undefined) return answer;
  const fits = fitting(waitsFor, (one) => JSON.stringify(one), WAITS_TOKENS);
  const omitted = (answer.omitted ?? 0) + fits.omitted;
  return { ...answer, waitsFor: [...fits.shown], ...(omitted === 0 ? {} : { omitted }) };
}

interface Wanted {
  readonly view: (typeof views)[number];
  readonly limit: number;
  readonly state: TaskState | undefined;
  /** Whose tasks are `mine`. */
  readonly session: SessionId;
}

async function viewOf(
  tasks: Tasks,
  { view, limit, state, session }: Wanted,
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
    case 'mine':
      return (await heldBy(session, tasks)).slice(0, limit).map((task) => ({ task }));
    case 'all': {
      const listed = await tasks.list({ limit, ...(state === undefined ? {} : { state }) });
      return listed.map((task) => ({ task }));
    }
  }
}

/** Whoever holds a task may have put it into any state that is no end. */
async function heldBy(session: SessionId, tasks: Tasks): Promise<readonly Task[]> {
  const open = await Promise.all(
    HELD_STATES.map((state) => tasks.list({ state, limit: mcpLimits.openTasks })),
  );
  return open.flat().filter(({ claim }) => claim?.session === session);
}
