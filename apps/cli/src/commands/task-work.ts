import { claimModes, type Mesh, type Task, type TaskQuery } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Call, Command, Flag } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, numberFlag, wordsFlag } from '../command-line/flag-values.js';
import { ackedFlag, withMesh } from '../command-line/open-call.js';
import { UsageError } from '../command-line/usage-error.js';
import { findTask } from './find-task.js';
import { taskLine } from './record-text.js';
import { taskArgument } from './task-argument.js';
import { writtenTask } from './written-task.js';

const MOST_TASKS = 10_000;
const MOST_MINUTES = 7 * 24 * 60;

const canFlag: Flag = { name: 'can', value: 'A,B', help: 'what this agent is able to do' };

export const taskReady: Command = {
  words: ['task', 'ready'],
  summary: 'Lists what can be claimed now: most urgent first, then oldest',
  details:
    'A task is ready when it is submitted, nobody holds it, and every task that blocks it is completed. What requires abilities that --can does not name is left out.',
  arguments: [],
  flags: [
    { name: 'blocked', help: 'instead: what waits for other tasks, and for which' },
    { name: 'stale', help: 'instead: what is held under leases that have lapsed' },
    canFlag,
    { name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST_TASKS})` },
  ],
  examples: ['mnemesh task ready --limit 5', 'mnemesh task ready --blocked --json'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const query = given<TaskQuery>({
        limit: numberFlag(call, 'limit', 1, MOST_TASKS),
        capabilities: wordsFlag(call, 'can'),
      });
      if (call.isSet('blocked')) return showBlocked(call, mesh, query);
      const tasks = call.isSet('stale')
        ? await mesh.tasks.stale(query)
        : await mesh.tasks.ready(query);
      if (call.terminal.json) call.terminal.printJson({ tasks });
      else {
        call.terminal.printAll(tasks.map((task) => taskLine(call.terminal, task)));
        call.terminal.note(`${tasks.length} ${call.isSet('stale') ? 'stale' : 'ready'}`);
      }
      return exitCodes.ok;
    }),
};

export const taskClaim: Command = {
  words: ['task', 'claim'],
  summary: 'Takes a task for this agent, so that nobody else starts it',
  details:
    'The claim is a lease: when it has lapsed, others may take over. Without a relay it is taken all the same, and under a partition a task may be taken twice: one of the two is told that it lost. --mode strict asks the relay instead, and fails where it cannot be reached.',
  arguments: [{ ...taskArgument, optional: true }],
  flags: [
    { name: 'next', help: 'the first that is ready, in place of ID' },
    {
      name: 'minutes',
      value: 'N',
      help: `how long the lease holds (default 15, at most ${MOST_MINUTES})`,
    },
    { name: 'mode', value: 'MODE', help: `${claimModes.join(' or ')} (default: as the task says)` },
    canFlag,
    ackedFlag,
  ],
  examples: ['mnemesh task claim bd-06px --minutes 60', 'mnemesh task claim --next --can review'],
  run: (call) => {
    const name = call.argument('ID');
    if ((name === undefined) !== call.isSet('next'))
      throw new UsageError('Name the task to claim, or say --next.', ['task', 'claim']);
    const minutes = numberFlag(call, 'minutes', 1, MOST_MINUTES);
    const options = given<NonNullable<Parameters<Mesh['tasks']['claim']>[1]>>({
      ttlMs: minutes === undefined ? undefined : minutes * 60_000,
      mode: choiceFlag(call, 'mode', claimModes),
      capabilities: wordsFlag(call, 'can'),
    });
    return withMesh(call, async (open) => {
      await open.catchUp();
      const task =
        name === undefined
          ? await nextOf(open.mesh, given<TaskQuery>({ capabilities: wordsFlag(call, 'can') }))
          : await findTask(open.mesh.tasks, name);
      return writtenTask(call, open, await open.mesh.tasks.claim(task.id, options));
    });
  },
};

export const taskRelease: Command = {
  words: ['task', 'release'],
  summary: 'Gives back a task that this agent claimed',
  arguments: [taskArgument],
  flags: [{ name: 'why', value: 'TEXT', help: 'kept in its log' }, ackedFlag],
  examples: ['mnemesh task release bd-06px --why "Needs a person"'],
  run: (call) => onTask(call, (mesh, task) => mesh.tasks.release(task.id, call.flag('why'))),
};

export const taskComplete: Command = {
  words: ['task', 'complete'],
  summary: 'Ends a task that this agent claimed, or that nobody did',
  arguments: [taskArgument],
  flags: [{ name: 'result', value: 'TEXT', help: 'what came of it' }, ackedFlag],
  examples: ['mnemesh task complete bd-06px --result "Merged"'],
  run: (call) => onTask(call, (mesh, task) => mesh.tasks.complete(task.id, call.flag('result'))),
};

export const taskComment: Command = {
  words: ['task', 'comment'],
  summary: "Adds a comment to a task's log",
  arguments: [taskArgument, { name: 'TEXT', help: 'the comment' }],
  flags: [ackedFlag],
  examples: ['mnemesh task comment bd-06px "Halfway there"'],
  run: (call) =>
    onTask(call, (mesh, task) => mesh.tasks.comment(task.id, call.argument('TEXT') as string)),
};

function onTask(call: Call, write: (mesh: Mesh, task: Task) => PromiseLike<Task>): Promise<0> {
  return withMesh(call, async (open) => {
    await open.catchUp();
    const task = await findTask(open.mesh.tasks, call.argument('ID') as string);
    return writtenTask(call, open, await write(open.mesh, task));
  });
}

/** @throws MnemeshError `not_found` */
async function nextOf(mesh: Mesh, query: TaskQuery): Promise<Task> {
  const [ready] = await mesh.tasks.ready({ ...query, limit: 1 });
  const next = ready ?? (await mesh.tasks.stale({ limit: 1 }))[0];
  if (next !== undefined) return next;
  throw new MnemeshError(
    'not_found',
    'No task is ready. See what waits: mnemesh task ready --blocked',
  );
}

async function showBlocked({ terminal }: Call, mesh: Mesh, query: TaskQuery): Promise<0> {
  const blocked = await mesh.tasks.blocked(query);
  const cycles = await mesh.tasks.cycles();
  if (terminal.json) terminal.printJson({ blocked, cycles });
  else {
    for (const { task, by } of blocked) {
      terminal.print(taskLine(terminal, task));
      terminal.printAll(by.map(({ on, state }) => `    waits for ${on} (${state})`));
    }
    for (const { tasks } of cycles)
      terminal.print(
        `these wait for each other, the last dependency is ignored: ${tasks.join(' → ')}`,
      );
    terminal.note(`${blocked.length} blocked`);
  }
  return exitCodes.ok;
}
