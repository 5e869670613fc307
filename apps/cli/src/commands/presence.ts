import type { Mesh, PresentSession } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { agentText, oneLine } from './record-text.js';

/** Milliseconds in which the others answer who is there, once this device is linked. */
const ANSWERS_MS = 1_000;

export const presenceCommand: Command = {
  words: ['presence'],
  summary: 'Lists who has a session open now, and what they do',
  details:
    'On this device and on those that a link reaches. Nothing of it is stored: whoever ended without a word\n' +
    'is gone within a minute. Commands like this one are not listed.',
  arguments: [],
  flags: [],
  examples: ['mnemesh presence', 'mnemesh presence --json'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const sessions = await answered(mesh);
      const { terminal } = call;
      if (terminal.json) terminal.printJson({ sessions });
      else if (sessions.length === 0) terminal.note('nobody has a session open');
      else terminal.printAll(sessions.map((one) => line(terminal, one)));
      return exitCodes.ok;
    }),
};

async function answered(mesh: Mesh): Promise<readonly PresentSession[]> {
  const isLinked = mesh.status.transports.some(({ links }) => links > 0);
  if (isLinked) await new Promise((resolve) => setTimeout(resolve, ANSWERS_MS));
  return mesh.presence.list();
}

function line(terminal: Terminal, one: PresentSession): string {
  const { agent, name, kind, session, status, persona, task, joinedAt } = one;
  const about = [
    ...(persona === undefined ? [] : [`as ${persona}`]),
    ...(status === undefined ? [] : [status]),
    ...(task === undefined ? [] : [`${task.namespace} ${task.id}`]),
  ];
  const who = agentText(new Map([[agent, oneLine(name)]]), agent);
  const since = terminal.paint('dim', `${kind}, session ${session.slice(0, 8)}, since ${joinedAt}`);
  return [
    `${terminal.paint('cyan', who)}  ${since}`,
    ...about.map((text) => `  ${oneLine(text)}`),
  ].join('\n');
}
