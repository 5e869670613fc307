import type { GraphReport } from '@mnemesh/mcp';
import type { Terminal } from '../command-line/terminal.js';
import { importCommand, noteSome } from '../imports/import-command.js';
import { fileArgument, readLines } from '../imports/read-source.js';

export const importServerMemory = importCommand<GraphReport>({
  name: 'server-memory',
  summary: "Imports the official MCP memory server's file",
  details:
    'Its entities, observations and relations become memory items; "mnemesh mcp --profile memory" offers\n' +
    'them under the tools it had. Importing again adds only what is new. What was forgotten here stays\n' +
    'forgotten. A bad line is named, the rest is imported, and the exit code is 1.',
  argument: fileArgument('its memory.jsonl'),
  example: 'mnemesh import server-memory ~/.config/mcp/memory.jsonl',
  async read(call, mesh, progress) {
    const { importGraph } = await import('@mnemesh/mcp');
    return readLines(call.argument('FILE') as string, (lines) =>
      importGraph(mesh, lines, (count) => progress(`${count} lines`)),
    );
  },
  print: printReport,
  isWhole: ({ bad }) => bad.length === 0,
});

function printReport(terminal: Terminal, { lines, entities, relations, bad }: GraphReport): void {
  terminal.print(
    `${lines} lines: ${told(entities, 'entities')}; ${told(relations, 'relations')}; ${bad.length} bad`,
  );
  noteSome(terminal, bad, 'bad lines', ({ line, reason }) =>
    terminal.paint('red', `line ${line}: ${reason}`),
  );
}

function told({ created, existed, forgotten }: GraphReport['entities'], what: string): string {
  const kept = forgotten === 0 ? '' : `, ${forgotten} forgotten and left so`;
  return `${created} new ${what}, ${existed} known${kept}`;
}
