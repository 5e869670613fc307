import type { Task, TaskClaim, TaskEvent, TaskSituation } from '@mnemesh/core';
import type { Terminal } from '../command-line/terminal.js';
import { type AgentNames, agentText, oneLine } from './record-text.js';

/** What is derived of a task: whether it can be claimed, who holds it, what it waits for, which completions there are. */
export function situationLines(
  terminal: Terminal,
  task: Task,
  { kind, blockers }: TaskSituation,
  names: AgentNames,
): readonly string[] {
  const lines = ['', `${terminal.paint('dim', 'now'.padEnd(10))}${kind}`];
  if (task.claim !== undefined) lines.push(`  held by ${claimText(task.claim, names)}`);
  for (const { on, state } of blockers) lines.push(`  waits for ${on} (${state})`);
  for (const { agent, at, accepted } of task.completions ?? [])
    lines.push(
      `  completed by ${agentText(names, agent)}, ${at}${accepted ? '' : ', not accepted'}`,
    );
  return lines;
}

function claimText(
  { agent, session, epoch, mode, renewedAt, ttlMs }: TaskClaim,
  names: AgentNames,
): string {
  const until = new Date(renewedAt + ttlMs).toISOString();
  return `${agentText(names, agent)} (session ${session.slice(0, 8)}), ${mode}, epoch ${epoch}, until ${until}`;
}

/** The log of a task, one entry a line. */
export function logLines(
  terminal: Terminal,
  log: readonly TaskEvent[],
  names: AgentNames,
): readonly string[] {
  const lines = log.map((event) => {
    const mark = 'outOfTurn' in event ? terminal.paint('red', ' (out of turn)') : '';
    return `  ${terminal.paint('dim', event.at)}  ${agentText(names, event.agent)}  ${eventText(event)}${mark}`;
  });
  return ['', terminal.paint('dim', 'log'), ...lines];
}

function eventText(event: TaskEvent): string {
  const why = 'why' in event && event.why !== undefined ? `: ${oneLine(event.why)}` : '';
  switch (event.type) {
    case 'created':
      return `created as ${event.to}`;
    case 'state':
      return `${event.from} → ${event.to}${why}`;
    case 'claimed':
      return `claimed, ${event.mode}, epoch ${event.epoch}`;
    case 'released':
      return `given back${why}`;
    case 'replanned':
      return `changed ${event.fields.join(', ')}${why}`;
    case 'comment':
      return `“${oneLine(event.text)}”`;
  }
}
