import {
  type Dependency,
  type ListQuery,
  type TaskInput,
  type TaskPatch,
  type Tasks,
  taskStates,
} from '@mnemesh/core';
import type { Call, Command, Flag } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, numberFlag, wordsFlag } from '../command-line/flag-values.js';
import { ackedFlag, withMesh } from '../command-line/open-call.js';
import { UsageError } from '../command-line/usage-error.js';
import { findTask } from './find-task.js';
import { agentNames, taskLine, taskPage } from './record-text.js';
import { taskArgument } from './task-argument.js';
import { logLines, situationLines } from './task-text.js';
import { writtenTask } from './written-task.js';

const MOST_TASKS = 10_000;

const fieldFlags: readonly Flag[] = [
  { name: 'status', value: 'STATE', help: taskStates.join(', ') },
  { name: 'priority', value: 'N', help: '0 (most urgent) to 9' },
  { name: 'assignee', value: 'NAME', help: 'who does it' },
  { name: 'description', value: 'TEXT', help: 'what is to be done' },
  { name: 'notes', value: 'TEXT', help: 'what came up' },
  { name: 'result', value: 'TEXT', help: 'what came of it' },
  ackedFlag,
];

export const taskAdd: Command = {
  words: ['task', 'add'],
  summary: 'Adds a task',
  arguments: [{ name: 'TITLE', help: 'the task in a few words' }],
  flags: [
    ...fieldFlags,
    { name: 'tags', value: 'A,B', help: 'words to find it by' },
    { name: 'blocked-by', value: 'ID,ID', help: 'tasks that must be done before it' },
    { name: 'requires', value: 'A,B', help: 'what an agent must be able to do to claim it' },
    { name: 'strict', help: 'take only claims that the relay grants' },
  ],
  examples: ['mnemesh task add "Write the release notes" --priority 1 --tags docs,release'],
  run: (call) => {
    const title = call.argument('TITLE') as string;
    const input: TaskInput = {
      ...fieldsOf(call),
      title,
      ...given({
        tags: wordsFlag(call, 'tags'),
        requires: wordsFlag(call, 'requires'),
        claimMode: call.isSet('strict') ? ('strict' as const) : undefined,
      }),
    };
    const blockers = wordsFlag(call, 'blocked-by') ?? [];
    return withMesh(call, async (open) => {
      const dependencies = await blockedBy(open.mesh.tasks, blockers);
      return writtenTask(call, open, await open.mesh.tasks.create({ ...input, dependencies }));
    });
  },
};

export const taskList: Command = {
  words: ['task', 'list'],
  summary: 'Lists tasks, newest first',
  arguments: [],
  flags: [
    { name: 'status', value: 'STATE', help: `only ${taskStates.join(', ')}` },
    { name: 'conflicted', help: 'only tasks with values that nobody reconciled' },
    { name: 'archived', help: 'archived ones too' },
    { name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST_TASKS})` },
  ],
  examples: ['mnemesh task list --status working', 'mnemesh task list --conflicted --json'],
  run: (call) => {
    const query = given<ListQuery>({
      state: choiceFlag(call, 'status', taskStates),
      conflicted: call.isSet('conflicted') || undefined,
      archived: call.isSet('archived') ? 'any' : undefined,
      limit: numberFlag(call, 'limit', 1, MOST_TASKS),
    });
    return withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const tasks = await mesh.tasks.list(query);
      const { limit: _, ...all } = query;
      const total = await mesh.tasks.count(all);
      if (call.terminal.json) call.terminal.printJson({ total, tasks });
      else {
        call.terminal.printAll(tasks.map((task) => taskLine(call.terminal, task)));
        call.terminal.note(
          tasks.length < total ? `${tasks.length} of ${total} tasks` : `${total} tasks`,
        );
      }
      return exitCodes.ok;
    });
  },
};

export const taskShow: Command = {
  words: ['task', 'show'],
  summary: 'Shows a task: who holds it, what it waits for, its log, and every value that conflicts',
  arguments: [taskArgument],
  flags: [],
  examples: ['mnemesh task show beads:bd-06px'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const task = await findTask(mesh.tasks, call.argument('ID') as string);
      const situation = await mesh.tasks.situation(task.id);
      const log = await mesh.tasks.log(task.id);
      const { terminal } = call;
      if (terminal.json) terminal.printJson({ ...task, situation, log });
      else {
        const names = await agentNames(mesh);
        terminal.printAll(taskPage(terminal, task, names));
        terminal.printAll(situationLines(terminal, task, situation, names));
        terminal.printAll(logLines(terminal, log, names));
      }
      return exitCodes.ok;
    }),
};

export const taskUpdate: Command = {
  words: ['task', 'update'],
  summary: 'Changes fields of a task; a conflicting field is settled by it',
  arguments: [taskArgument],
  flags: [
    { name: 'title', value: 'TEXT', help: 'the task in a few words' },
    ...fieldFlags,
    { name: 'add-tags', value: 'A,B', help: 'tags to add' },
    { name: 'remove-tags', value: 'A,B', help: 'tags to take away' },
    { name: 'block-by', value: 'ID,ID', help: 'tasks that must be done before it, from now on' },
    { name: 'unblock-from', value: 'ID,ID', help: 'tasks it need not wait for any more' },
    { name: 'why', value: 'TEXT', help: 'kept in its log' },
  ],
  examples: ['mnemesh task update bd-06px --status completed --result "Merged"'],
  run: (call) => {
    const patch: TaskPatch = {
      ...fieldsOf(call),
      ...given({ title: call.flag('title') }),
      ...tagsOf(call),
    };
    const more = wordsFlag(call, 'block-by') ?? [];
    const fewer = wordsFlag(call, 'unblock-from') ?? [];
    if (Object.keys(patch).length + more.length + fewer.length === 0) {
      throw new UsageError('Say what to change: --status working, for example.', [
        'task',
        'update',
      ]);
    }
    return withMesh(call, async (open) => {
      await open.catchUp();
      // Reading it first is what lets the write replace the values that stand, rather than join them.
      const { tasks } = open.mesh;
      const { id } = await findTask(tasks, call.argument('ID') as string);
      const dependencies = await changedBlockers(tasks, more, fewer);
      const write = tasks.update(id, { ...patch, ...given({ dependencies }) }, call.flag('why'));
      return writtenTask(call, open, await write);
    });
  },
};

async function blockedBy(tasks: Tasks, names: readonly string[]): Promise<readonly Dependency[]> {
  const dependencies: Dependency[] = [];
  for (const name of names) {
    const { ref, id } = await findTask(tasks, name);
    dependencies.push({ type: 'blocks', on: ref ?? id });
  }
  return dependencies;
}

async function changedBlockers(
  tasks: Tasks,
  more: readonly string[],
  fewer: readonly string[],
): Promise<TaskPatch['dependencies']> {
  if (more.length + fewer.length === 0) return undefined;
  return { add: await blockedBy(tasks, more), remove: await blockedBy(tasks, fewer) };
}

type PlainFields = Omit<TaskPatch, 'tags' | 'dependencies' | 'requires' | 'title'>;

function fieldsOf(call: Call): PlainFields {
  return given<PlainFields>({
    status: choiceFlag(call, 'status', taskStates),
    priority: numberFlag(call, 'priority', 0, 9),
    assignee: call.flag('assignee'),
    description: call.flag('description'),
    notes: call.flag('notes'),
    result: call.flag('result'),
  });
}

function tagsOf(call: Call): Pick<TaskPatch, 'tags'> {
  const add = wordsFlag(call, 'add-tags');
  const remove = wordsFlag(call, 'remove-tags');
  return add === undefined && remove === undefined
    ? {}
    : { tags: { add: add ?? [], remove: remove ?? [] } };
}
