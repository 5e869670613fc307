import type { GraphReport } from '@mnemesh/mcp';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { withProgress } from '../command-line/progress.js';
import type { Terminal } from '../command-line/terminal.js';
import { readLines } from './import-beads.js';

/** Bad lines that are listed to a person; `--json` lists them all. */
const LISTED = 20;

export const importServerMemory: Command = {
  words: ['import', 'server-memory'],
  summary: "Imports the official MCP memory server's file",
  details:
    'Its entities, observations and relations become memory items; "mnemesh mcp --profile memory" offers\n' +
    'them under the tools it had. Importing again adds only what is new. What was forgotten here stays\n' +
    'forgotten. A bad line is named, the rest is imported, and the exit code is 1.',
  arguments: [{ name: 'FILE', help: 'its memory.jsonl, or - for standard input' }],
  flags: [ackedFlag],
  examples: ['mnemesh import server-memory ~/.config/mcp/memory.jsonl'],
  run: (call) =>
    withMesh(call, async (open) => {
      const { importGraph } = await import('@mnemesh/mcp');
      const report = await withProgress(call.terminal, 'Importing', (progress) =>
        readLines(call.argument('FILE') as string, (lines) =>
          importGraph(open.mesh, lines, (count) => progress.done(`${count} lines`)),
        ),
      );
      const reached = await finishWrite(call, open);
      if (call.terminal.json) call.terminal.printJson({ reached, ...report });
      else {
        printReport(call.terminal, report);
        call.terminal.note(reachedText(open.mesh, reached));
      }
      return report.bad.length > 0 ? exitCodes.failure : exitCodes.ok;
    }),
};

function printReport(terminal: Terminal, { lines, entities, relations, bad }: GraphReport): void {
  terminal.print(
    `${lines} lines: ${told(entities, 'entities')}; ${told(relations, 'relations')}; ${bad.length} bad`,
  );
  for (const { line, reason } of bad.slice(0, LISTED))
    terminal.note(terminal.paint('red', `line ${line}: ${reason}`));
  if (bad.length > LISTED)
    terminal.note(`… and ${bad.length - LISTED} more bad lines (--json lists all)`);
}

function told({ created, existed, forgotten }: GraphReport['entities'], what: string): string {
  const kept = forgotten === 0 ? '' : `, ${forgotten} forgotten and left so`;
  return `${created} new ${what}, ${existed} known${kept}`;
}
