import type { AuditDecision, AuditRecord, Conflict, Json } from '@mnemesh/core';
import type { Terminal } from '../command-line/terminal.js';
import { type AgentNames, agentText, oneLine } from './record-text.js';

/** A conflict, each value with who wrote it and when, numbered as `--keep` counts. */
export function conflictPage(
  terminal: Terminal,
  conflict: Conflict,
  names: AgentNames,
): readonly string[] {
  const { id, values, policy, open } = conflict;
  const state = open
    ? terminal.paint('red', 'open')
    : terminal.paint('green', `settled by ${policy}`);
  return [
    `${terminal.paint('cyan', id)}  ${placeText(conflict)}  ${state}`,
    ...values.map(({ value, record, agent, authorKind, at }, n) => {
      const from = record === undefined ? '' : `${record}, `;
      const by = terminal.paint('dim', `${from}${authorKind} ${agentText(names, agent)}, ${at}`);
      return `  ${n + 1}  ${valueText(value)}  ${by}`;
    }),
  ];
}

export function auditPage(
  terminal: Terminal,
  audit: AuditRecord,
  names: AgentNames,
): readonly string[] {
  return [
    `${terminal.paint('cyan', audit.id)}  ${placeText(audit)}`,
    ...audit.values.map(({ value, record, agent, authorKind, at }) => {
      const what = value === undefined ? (record ?? '') : valueText(value);
      return `  was  ${what}  ${terminal.paint('dim', `${authorKind} ${agentText(names, agent)}, ${at}`)}`;
    }),
    ...audit.decisions.map((decision) => decisionLine(terminal, decision, names)),
  ];
}

function decisionLine(terminal: Terminal, decision: AuditDecision, names: AgentNames): string {
  const { why, policy, agent, at, chosen, record, reason } = decision;
  const by =
    agent === undefined ? `policy ${policy}` : `${why} ${agentText(names, agent)}, ${at ?? ''}`;
  const what = record === undefined ? valueText(chosen ?? null) : `→ ${record}`;
  return `  now  ${what}  ${terminal.paint('dim', by)}${reason === undefined ? '' : `  "${oneLine(reason)}"`}`;
}

function placeText({ kind, namespace, record, field, topic }: Conflict | AuditRecord): string {
  return kind === 'field' ? `${field} of ${record} in ${namespace}` : `${topic} in ${namespace}`;
}

function valueText(value: Json): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value));
}
