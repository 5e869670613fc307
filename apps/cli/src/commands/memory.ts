import type { Conflict, Lineage, MemoryItem, SimilarItem } from '@mnemesh/core';
import { MnemeshError, parseRecordId } from '@mnemesh/protocol';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { outstandingLines } from './outstanding.js';
import {
  type AgentNames,
  agentNames,
  agentText,
  conflictLines,
  memoryLine,
  oneLine,
} from './record-text.js';

const idArgument = { name: 'ID', help: "the item's id" } as const;
const inFlag = {
  name: 'in',
  value: 'NAMESPACE',
  help: 'the namespace it is in (default shared/memory)',
};

export const memoryShow: Command = {
  words: ['memory', 'show'],
  summary: 'Shows a memory item: who wrote it, what it replaced, what replaced it',
  arguments: [idArgument],
  flags: [inFlag],
  examples: ['mnemesh memory show 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const memory = mesh.memory.in(call.flag('in') ?? 'shared/memory');
      const id = parseRecordId(call.argument('ID') as string);
      const lineage = await memory.lineage(id);
      const dependents = await memory.dependents(id);
      if (lineage === undefined) throw notFound(id, dependents);
      const conflicts = await mesh.conflicts.list({
        namespaces: [memory.namespace],
        kind: 'topic',
        record: id,
      });
      if (call.terminal.json) call.terminal.printJson({ ...lineage, conflicts, dependents });
      else {
        const names = await agentNames(mesh);
        call.terminal.printAll(memoryPage(call.terminal, lineage, names));
        for (const { values, id: conflict } of conflicts) {
          const others = values.filter(({ record }) => record !== id);
          call.terminal.print(call.terminal.paint('red', `  contradicted by  (${conflict})`));
          for (const { record, value } of others)
            call.terminal.print(`    ${record}  ${oneLine(String(value))}`);
        }
      }
      return exitCodes.ok;
    }),
};

export const memoryForget: Command = {
  words: ['memory', 'forget'],
  summary: 'Forgets a memory item for good, on every replica',
  details:
    'Lists the items that name it as a source or took its place: they may say the same. Items that it\n' +
    'took the place of stay replaced. What lies on this disk is rewritten before the command returns; the other\n' +
    'holders that have not said yet that nothing is left are listed. --status only lists them.',
  arguments: [idArgument],
  flags: [
    inFlag,
    { name: 'status', help: 'only tell who still holds something of an item that was forgotten' },
    ackedFlag,
  ],
  examples: [
    'mnemesh memory forget 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB',
    'mnemesh memory forget 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB --status',
  ],
  run: (call) =>
    withMesh(call, async (open) => {
      const { mesh } = open;
      await open.catchUp();
      const memory = mesh.memory.in(call.flag('in') ?? 'shared/memory');
      const id = parseRecordId(call.argument('ID') as string);
      if (call.isSet('status')) {
        const status = await memory.forgotten(id);
        if (status === undefined) throw neverForgotten(id);
        if (call.terminal.json) call.terminal.printJson({ status });
        else call.terminal.printAll(outstandingLines(status, await agentNames(mesh)));
        return exitCodes.ok;
      }
      await memory.forget(id);
      const dependents = await memory.dependents(id);
      await mesh.scrub();
      const reached = await finishWrite(call, open);
      const status = await memory.forgotten(id);
      if (call.terminal.json)
        call.terminal.printJson({ reached, forgotten: id, dependents, status });
      else {
        call.terminal.print(`forgot ${id}`);
        if (dependents.length > 0) call.terminal.note('These name it, and may say the same:');
        for (const item of dependents) call.terminal.note(`  ${memoryLine(call.terminal, item)}`);
        call.terminal.note(reachedText(mesh, reached));
        if (status !== undefined)
          for (const line of outstandingLines(status, await agentNames(mesh)))
            call.terminal.note(line);
      }
      return exitCodes.ok;
    }),
};

function neverForgotten(id: string): MnemeshError {
  return new MnemeshError(
    'not_found',
    `Nothing of the name ${id} was forgotten in this namespace, by what this device knows.`,
  );
}

function notFound(id: string, dependents: readonly MemoryItem[]): MnemeshError {
  const named = dependents.map((item) => item.id).join(', ');
  return new MnemeshError(
    'not_found',
    `There is no memory item ${id} on this device.${named === '' ? '' : ` These name it: ${named}.`}`,
  );
}

function memoryPage(
  terminal: Terminal,
  { item, supersedes, supersededBy, forgotten }: Lineage,
  names: AgentNames,
): readonly string[] {
  const validity = [item.validFrom, item.validTo].some((one) => one !== undefined);
  const rows: (readonly [string, string | undefined])[] = [
    ['id', item.id],
    ['kind', item.kind],
    ['topic', item.topic],
    ['tags', item.tags.join(', ') || undefined],
    ['valid', validity ? `${item.validFrom ?? '…'} to ${item.validTo ?? '…'}` : undefined],
    ['pinned', item.pinned ? 'yes' : undefined],
    ['sensitivity', item.sensitivity],
    ['created', `${item.createdAt} by ${item.authorKind} ${agentText(names, item.createdBy)}`],
    ['archived', item.archived ? 'yes' : undefined],
    ['sources', item.sources?.join(', ')],
  ];
  const lines = [terminal.paint('bold', item.content)];
  for (const [name, value] of rows) {
    if (value !== undefined) lines.push(`  ${terminal.paint('dim', name.padEnd(11))}  ${value}`);
  }
  for (const { agent, at } of item.confirmations)
    lines.push(
      `  ${terminal.paint('dim', 'confirmed'.padEnd(11))}  ${at} by ${agentText(names, agent)}`,
    );
  const relatives = { replaced: supersedes, 'replaced by': supersededBy };
  for (const [name, items] of Object.entries(relatives)) {
    for (const relative of items)
      lines.push(`  ${terminal.paint('dim', name.padEnd(11))}  ${memoryLine(terminal, relative)}`);
  }
  for (const id of forgotten)
    lines.push(`  ${terminal.paint('dim', 'forgotten'.padEnd(11))}  ${id}`);
  return [...lines, ...conflictLines(terminal, item.conflicts, names)];
}

/** What a person is told of what a new item met. */
export function metLines(
  terminal: Terminal,
  { id }: MemoryItem,
  similar: readonly SimilarItem[],
  conflicts: readonly Conflict[],
): readonly string[] {
  return [
    ...similar.map(
      ({ id: other, similarity, content }) =>
        `${Math.round(similarity * 100)} % alike: ${other}  ${oneLine(content)}`,
    ),
    ...conflicts.flatMap(({ id: conflict, values }) => [
      terminal.paint('red', `contradicts (mnemesh conflicts resolve ${conflict.slice(0, 8)}):`),
      ...values
        .filter(({ record }) => record !== id)
        .map(({ record, value }) => `  ${record}  ${oneLine(String(value))}`),
    ]),
  ];
}
