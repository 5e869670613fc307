import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import type { Terminal } from '../command-line/terminal.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';

export const doctor: Command = {
  words: ['doctor'],
  summary:
    'Checks settings, keys, store, holder, relay, clock and MCP clients, and says what to do',
  details:
    'Changes nothing, and works beside a process that has the replica open. Exits with 1 when\n' +
    'something has to be done.',
  arguments: [],
  flags: [],
  examples: ['mnemesh doctor', 'mnemesh doctor --json'],
  run: async (call) => {
    const { terminal } = call;
    const findings = await examine(call.explanation);
    const isWell = findings.every(({ state }) => state !== 'bad');
    if (terminal.json) terminal.printJson({ ok: isWell, checks: findings });
    else for (const finding of findings) terminal.printAll(findingLines(terminal, finding));
    return isWell ? exitCodes.ok : exitCodes.failure;
  },
};

function findingLines(
  terminal: Terminal,
  { check, state, text, advice }: Finding,
): readonly string[] {
  const mark = { ok: '✓', note: '·', warn: '!', bad: '✗' }[state];
  const style = ({ ok: 'green', note: 'dim', warn: 'yellow', bad: 'red' } as const)[state];
  const line = `${terminal.paint(style, mark)} ${check.padEnd(8)} ${text}`;
  return advice === undefined
    ? [line]
    : [line, `           ${terminal.paint(style, '→')} ${advice}`];
}
