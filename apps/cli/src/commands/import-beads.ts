import { type ImportReport, importBeads } from '../beads/import-beads.js';
import type { Terminal } from '../command-line/terminal.js';
import { importCommand, noteSome } from '../imports/import-command.js';
import { fileArgument, readLines } from '../imports/read-source.js';

export const importBeadsCommand = importCommand<ImportReport>({
  name: 'beads',
  summary: 'Imports tasks from a beads JSON lines file',
  details:
    'Every field is kept. Importing again changes only what changed in the file. A bad record is\n' +
    'named with its line, the rest is imported, and the exit code is 1.',
  argument: fileArgument('the file'),
  example: 'mnemesh import beads .beads/issues.jsonl',
  read: (call, mesh, progress) =>
    readLines(call.argument('FILE') as string, (lines) =>
      importBeads(mesh.tasks, lines, (count) => progress(`${count} lines`)),
    ),
  print: printReport,
  isWhole: ({ bad }) => bad.length === 0,
});

function printReport(terminal: Terminal, report: ImportReport): void {
  const { lines, created, updated, unchanged, forgotten, bad, dependencies, dangling } = report;
  terminal.print(
    `${lines} records: ${created} new, ${updated} changed, ${unchanged} unchanged, ${forgotten} forgotten and left so, ${bad.length} bad; ` +
      `${dependencies} dependencies`,
  );
  noteSome(terminal, bad, 'bad records', ({ line, id, reason }) =>
    terminal.paint('red', `line ${line}${id === undefined ? '' : ` (${id})`}: ${reason}`),
  );
  noteSome(
    terminal,
    dangling,
    'such dependencies',
    ({ task, type, on }) =>
      `${task} ${type} → ${on}: there is no such task; the dependency is kept`,
  );
}
