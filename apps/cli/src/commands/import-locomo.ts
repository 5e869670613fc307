import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { MnemeshError } from '@mnemesh/protocol';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { given } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { withProgress } from '../command-line/progress.js';
import type { Terminal } from '../command-line/terminal.js';
import { importLocomo, type LocomoReport } from '../locomo/import-locomo.js';

export const importLocomoCommand: Command = {
  words: ['import', 'locomo'],
  summary: 'Imports conversations from a LoCoMo file',
  details:
    'Every turn becomes an event with its session, date, speaker and caption. Importing again adds\n' +
    'only what is not here, and nothing that was forgotten. The questions of the file are left out.',
  arguments: [{ name: 'FILE', help: 'the file, or - for standard input' }],
  flags: [
    { name: 'source', value: 'NAME', help: 'what ids are derived from (default locomo)' },
    { name: 'namespace', value: 'NAME', help: 'where to (default conversations)' },
    ackedFlag,
  ],
  examples: ['mnemesh import locomo locomo10.json'],
  run: (call) =>
    withMesh(call, async (open) => {
      const text = await readWhole(call.argument('FILE') as string);
      const namespace = call.flag('namespace');
      const { conversations } = open.mesh;
      const place = namespace === undefined ? conversations : conversations.in(namespace);
      const report = await withProgress(call.terminal, 'Importing', (progress) =>
        importLocomo(place, text, {
          ...given<{ source: string }>({ source: call.flag('source') }),
          onProgress: (events) => progress.done(`${events} events`),
        }),
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
async function readWhole(file: string): Promise<string> {
  try {
    return file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new MnemeshError('bad_input', `${file} cannot be read: ${(error as Error).message}.`);
  }
}

function printReport(terminal: Terminal, report: LocomoReport): void {
  const { conversations, sessions, events, created, unchanged, forgotten, bad } = report;
  terminal.print(
    `${conversations} conversations, ${sessions} sessions, ${events} events: ${created} new records, ` +
      `${unchanged} unchanged, ${forgotten} forgotten; ${bad.length} bad conversations`,
  );
  for (const { conversation, reason } of bad)
    terminal.note(terminal.paint('red', `conversation ${conversation}: ${reason}`));
}
