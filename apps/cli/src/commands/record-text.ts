import type { FieldConflict, FieldValue, Json, MemoryItem, Mesh, Task } from '@mnemesh/core';
import type { AgentId } from '@mnemesh/protocol';
import type { Terminal } from '../command-line/terminal.js';

export type AgentNames = ReadonlyMap<AgentId, string>;

export async function agentNames(mesh: Mesh): Promise<AgentNames> {
  return new Map((await mesh.agents()).map(({ id, name }) => [id, name]));
}

/** An agent's name, and enough of its key to tell two of one name apart. */
export function agentText(names: AgentNames, id: AgentId): string {
  const name = names.get(id);
  return name === undefined ? id.slice(0, 8) : `${name}/${id.slice(0, 8)}`;
}

/** One line for a task in a list. */
export function taskLine(terminal: Terminal, task: Task): string {
  const name = task.ref ?? task.id;
  const priority = task.priority === undefined ? '  ' : `P${task.priority}`;
  const mark = task.conflicts.length > 0 ? terminal.paint('red', ' ≠') : '';
  const status = task.status.padEnd('input_required'.length);
  return `${terminal.paint('cyan', name)}  ${priority}  ${statusText(terminal, task, status)}  ${task.title}${mark}`;
}

function statusText(terminal: Terminal, { status }: Task, text: string): string {
  if (status === 'completed') return terminal.paint('green', text);
  if (status === 'working') return terminal.paint('yellow', text);
  return terminal.paint('dim', text);
}

export function taskPage(terminal: Terminal, task: Task, names: AgentNames): readonly string[] {
  const rows: (readonly [string, string | undefined])[] = [
    ['id', task.id],
    ['ref', task.ref],
    ['status', task.status],
    ['priority', task.priority === undefined ? undefined : String(task.priority)],
    ['assignee', task.assignee],
    ['tags', task.tags.join(', ') || undefined],
    ['created', `${task.createdAt} by ${agentText(names, task.createdBy)}`],
    ['updated', `${task.updatedAt} by ${agentText(names, task.updatedBy)}`],
    ['archived', task.archived ? 'yes' : undefined],
  ];
  const lines = [terminal.paint('bold', task.title)];
  for (const [name, value] of rows) {
    if (value !== undefined) lines.push(`  ${terminal.paint('dim', name.padEnd(8))}  ${value}`);
  }
  for (const { type, on } of task.dependencies) lines.push(`  ${type} → ${on}`);
  const texts = { description: task.description, notes: task.notes, result: task.result };
  for (const [name, text] of Object.entries(texts)) {
    if (text) lines.push('', terminal.paint('dim', name), indented(text));
  }
  for (const { author, at, text } of task.comments ?? []) {
    lines.push('', terminal.paint('dim', `${author}, ${at}`), indented(text));
  }
  return [...lines, ...conflictLines(terminal, task.conflicts, names)];
}

export function memoryLine(terminal: Terminal, item: MemoryItem): string {
  const topic = item.topic === undefined ? '' : ` · ${item.topic}`;
  return `${terminal.paint('cyan', item.id)}  ${terminal.paint('dim', item.kind + topic)}  ${oneLine(item.content)}`;
}

/** Every value that stands, and who wrote it: the disagreement is shown, not settled. */
export function conflictLines(
  terminal: Terminal,
  conflicts: readonly FieldConflict[],
  names: AgentNames,
): readonly string[] {
  if (conflicts.length === 0) return [];
  const lines = ['', terminal.paint('red', 'Conflicts (write the field again to settle it)')];
  for (const { field, chosen, others } of conflicts) {
    lines.push(`  ${field}`, `    ${valueText(chosen, names)}  ${terminal.paint('dim', 'shown')}`);
    for (const other of others) lines.push(`    ${valueText(other, names)}`);
  }
  return lines;
}

function valueText({ value, agent, at }: FieldValue, names: AgentNames): string {
  return `${shortJson(value)}  by ${agentText(names, agent)}, ${at}`;
}

/** Characters of a text shown in one line. */
const LINE_CHARS = 160;

function shortJson(value: Json): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value));
}

export function oneLine(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > LINE_CHARS ? `${flat.slice(0, LINE_CHARS - 1)}…` : flat;
}

export function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
