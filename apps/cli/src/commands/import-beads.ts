import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MnemeshError } from '@mnemesh/protocol';
import { type ImportReport, importBeads } from '../beads/import-beads.js';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { withProgress } from '../command-line/progress.js';
import type { Terminal } from '../command-line/terminal.js';

/** Bad lines and dangling dependencies that are listed to a person; `--json` lists them all. */
const LISTED = 20;

export const importBeadsCommand: Command = {
  words: ['import', 'beads'],
  summary: 'Imports tasks from a beads JSON lines file',
  details:
    'Every field is kept. Importing again changes only what changed in the file. A bad record is\n' +
    'named with its line, the rest is imported, and the exit code is 1.',
  arguments: [{ name: 'FILE', help: 'the file, or - for standard input' }],
  flags: [ackedFlag],
  examples: ['mnemesh import beads .beads/issues.jsonl'],
  run: (call) =>
    withMesh(call, async (open) => {
      const report = await withProgress(call.terminal, 'Importing', (progress) =>
        readLines(call.argument('FILE') as string, (lines) =>
          importBeads(open.mesh.tasks, lines, (count) => progress.done(`${count} lines`)),
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

/** @throws MnemeshError `bad_input` for a file that cannot be read */
export async function readLines<T>(
  file: string,
  use: (lines: AsyncIterable<string>) => Promise<T>,
): Promise<T> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const unreadable = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) => {
      reject(new MnemeshError('bad_input', `${file} cannot be read: ${error.message}.`));
    });
  });
  unreadable.catch(() => undefined);
  return Promise.race([
    use(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })),
    unreadable,
  ]);
}

function printReport(terminal: Terminal, report: ImportReport): void {
  const { lines, created, updated, unchanged, bad, dependencies, dangling } = report;
  terminal.print(
    `${lines} records: ${created} new, ${updated} changed, ${unchanged} unchanged, ${bad.length} bad; ` +
      `${dependencies} dependencies`,
  );
  for (const { line, id, reason } of bad.slice(0, LISTED)) {
    terminal.note(
      terminal.paint('red', `line ${line}${id === undefined ? '' : ` (${id})`}: ${reason}`),
    );
  }
  if (bad.length > LISTED)
    terminal.note(`… and ${bad.length - LISTED} more bad records (--json lists all)`);
  for (const { task, type, on } of dangling.slice(0, LISTED)) {
    terminal.note(`${task} ${type} → ${on}: there is no such task; the dependency is kept`);
  }
  if (dangling.length > LISTED)
    terminal.note(`… and ${dangling.length - LISTED} more such dependencies`);
}
