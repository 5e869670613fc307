import type { SessionRecord } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { given, numberFlag } from '../command-line/flag-values.js';
import { withMesh } from '../command-line/open-call.js';
import { type AgentNames, agentNames, agentText, oneLine } from './record-text.js';

const MOST = 10_000;

export const sessionList: Command = {
  words: ['session', 'list'],
  summary: 'Lists sessions that were written down, newest first',
  details:
    'Who has a session open now is told by "mnemesh presence", also of those that wrote nothing down.',
  arguments: [],
  flags: [{ name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST})` }],
  examples: ['mnemesh session list --limit 10'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const limit = numberFlag(call, 'limit', 1, MOST);
      const sessions = await mesh.sessions.list(given<{ limit: number }>({ limit }));
      const { terminal } = call;
      if (terminal.json) terminal.printJson({ sessions });
      else if (sessions.length === 0) terminal.note('no sessions were written down');
      else {
        const names = await agentNames(mesh);
        terminal.printAll(sessions.map((session) => line(session, names)));
      }
      return exitCodes.ok;
    }),
};

function line({ agent, title, persona, startedAt, endedAt }: SessionRecord, names: AgentNames) {
  const role = persona === undefined ? '' : ` as ${oneLine(persona)}`;
  const about = title === undefined ? '' : `  ${oneLine(title)}`;
  return `${startedAt}  ${endedAt ?? 'goes on'.padEnd(24)}  ${agentText(names, agent)}${role}${about}`;
}
