import type { Conflict, ConflictChoice, ConflictQuery } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, numberFlag, wordsFlag } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { UsageError } from '../command-line/usage-error.js';
import { auditPage, conflictPage } from './conflict-text.js';
import { agentNames } from './record-text.js';

const kinds = ['field', 'topic'] as const;
const MOST = 1_000;

export const conflictsList: Command = {
  words: ['conflicts', 'list'],
  summary: 'Lists values that were written unread of each other',
  details:
    'Of one field, or items of one topic. The value that is shown meanwhile comes first. A policy\n' +
    'may have settled some; --all lists them too. See: mnemesh policy list',
  arguments: [],
  flags: [
    { name: 'kind', value: 'KIND', help: `only ${kinds.join(' or ')} conflicts` },
    { name: 'in', value: 'NAMESPACE,…', help: 'only in these namespaces' },
    { name: 'all', help: 'settled ones too' },
    { name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST})` },
  ],
  examples: ['mnemesh conflicts list', 'mnemesh conflicts list --kind topic --json'],
  run: (call) => {
    const query = given<ConflictQuery>({
      kind: choiceFlag(call, 'kind', kinds),
      namespaces: wordsFlag(call, 'in'),
      open: call.isSet('all') ? 'any' : undefined,
      limit: numberFlag(call, 'limit', 1, MOST),
    });
    return withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const conflicts = await mesh.conflicts.list(query);
      if (call.terminal.json) call.terminal.printJson({ conflicts });
      else if (conflicts.length === 0) call.terminal.note('Nothing is in conflict.');
      else {
        const names = await agentNames(mesh);
        for (const conflict of conflicts)
          call.terminal.printAll(conflictPage(call.terminal, conflict, names));
      }
      return exitCodes.ok;
    });
  },
};

export const conflictsResolve: Command = {
  words: ['conflicts', 'resolve'],
  summary: 'Settles a conflict and leaves an audit record of it',
  details:
    'Of a field, --keep takes one of its values, --value another one as JSON or plain text. Of a topic,\n' +
    '--keep takes one of its items, --text says it anew; either is an item that supersedes them all.',
  arguments: [{ name: 'ID', help: "the conflict's id, or its beginning" }],
  flags: [
    { name: 'keep', value: 'N', help: 'the N-th value of the list, 1 being the one shown now' },
    { name: 'value', value: 'VALUE', help: 'another value of the field' },
    { name: 'text', value: 'TEXT', help: 'what is right, in an item of its own' },
    { name: 'reason', value: 'TEXT', help: 'why, for the audit record' },
    ackedFlag,
  ],
  examples: ['mnemesh conflicts resolve 3f2a --keep 2 --reason "Ann decided"'],
  run: (call) =>
    withMesh(call, async (open) => {
      const { mesh } = open;
      await open.catchUp();
      const id = call.argument('ID') as string;
      const conflict = named(await mesh.conflicts.list({ open: 'any', limit: MOST }), id);
      const choice = choiceOf(call, conflict);
      const reason = call.flag('reason');
      const record = await mesh.conflicts.resolve(conflict, choice, {
        ...(reason === undefined ? {} : { reason }),
      });
      const reached = await finishWrite(call, open);
      if (call.terminal.json) call.terminal.printJson({ reached, conflict: conflict.id, record });
      else {
        call.terminal.print(`settled ${conflict.id} in ${record.id}`);
        call.terminal.note(reachedText(mesh, reached));
      }
      return exitCodes.ok;
    }),
};

function named(conflicts: readonly Conflict[], id: string): Conflict {
  const found = conflicts.filter((conflict) => conflict.id.startsWith(id));
  if (found.length === 1) return found[0] as Conflict;
  throw new MnemeshError(
    'not_found',
    found.length === 0
      ? `There is no conflict "${id}". Try: mnemesh conflicts list --all`
      : `"${id}" begins the ids of ${found.length} conflicts. Type more of it.`,
  );
}

function choiceOf(call: Call, { kind, values }: Conflict): ConflictChoice {
  const keep = numberFlag(call, 'keep', 1, values.length);
  const value = call.flag('value');
  const text = call.flag('text');
  if ([keep, value, text].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError('Say what holds: --keep N, --value VALUE or --text TEXT.', [
      'conflicts',
      'resolve',
    ]);
  }
  const kept = keep === undefined ? undefined : values[keep - 1];
  if (kept !== undefined) return { keep: kept.version };
  if (text !== undefined && kind === 'topic') return { item: { content: text } };
  return { value: value === undefined ? (text ?? '') : parsed(value) };
}

function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const auditCommand: Command = {
  words: ['audit'],
  summary: 'Lists how conflicts were settled, the latest first',
  arguments: [],
  flags: [
    { name: 'id', value: 'ID', help: 'only this conflict' },
    { name: 'in', value: 'NAMESPACE,…', help: 'only in these namespaces' },
    { name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST})` },
  ],
  examples: ['mnemesh audit --limit 10', 'mnemesh audit --json'],
  run: (call) => {
    const query = given<{ id: string; namespaces: readonly string[]; limit: number }>({
      id: call.flag('id'),
      namespaces: wordsFlag(call, 'in'),
      limit: numberFlag(call, 'limit', 1, MOST),
    });
    return withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const records = await mesh.audit.list(query);
      if (call.terminal.json) call.terminal.printJson({ audit: records });
      else if (records.length === 0) call.terminal.note('No conflict was settled yet.');
      else {
        const names = await agentNames(mesh);
        for (const record of records)
          call.terminal.printAll(auditPage(call.terminal, record, names));
      }
      return exitCodes.ok;
    });
  },
};
