import { given } from '../command-line/flag-values.js';
import type { Terminal } from '../command-line/terminal.js';
import { importCommand, noteSome } from '../imports/import-command.js';
import { fileArgument, readWhole } from '../imports/read-source.js';
import { importLocomo, type LocomoReport } from '../locomo/import-locomo.js';

export const importLocomoCommand = importCommand<LocomoReport>({
  name: 'locomo',
  summary: 'Imports conversations from a LoCoMo file',
  details:
    'Every turn becomes an event with its session, date, speaker and caption. Importing again adds\n' +
    'only what is not here, and nothing that was forgotten. The questions of the file are left out.',
  argument: fileArgument('the file'),
  flags: [
    { name: 'source', value: 'NAME', help: 'what ids are derived from (default locomo)' },
    { name: 'namespace', value: 'NAME', help: 'where to (default conversations)' },
  ],
  example: 'mnemesh import locomo locomo10.json',
  async read(call, { conversations }, progress) {
    const text = await readWhole(call.argument('FILE') as string);
    const namespace = call.flag('namespace');
    return importLocomo(
      namespace === undefined ? conversations : conversations.in(namespace),
      text,
      {
        ...given<{ source: string }>({ source: call.flag('source') }),
        onProgress: (events) => progress(`${events} events`),
      },
    );
  },
  print: printReport,
  isWhole: ({ bad }) => bad.length === 0,
});

function printReport(terminal: Terminal, report: LocomoReport): void {
  const { conversations, sessions, events, created, unchanged, forgotten, bad } = report;
  terminal.print(
    `${conversations} conversations, ${sessions} sessions, ${events} events: ${created} new records, ` +
      `${unchanged} unchanged, ${forgotten} forgotten; ${bad.length} bad conversations`,
  );
  noteSome(terminal, bad, 'bad conversations', ({ conversation, reason }) =>
    terminal.paint('red', `conversation ${conversation}: ${reason}`),
  );
}
