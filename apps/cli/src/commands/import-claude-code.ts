import {
  importTranscripts,
  type TranscriptsOptions,
  type TranscriptsReport,
} from '../claude-code/import-transcripts.js';
import { given } from '../command-line/flag-values.js';
import type { Terminal } from '../command-line/terminal.js';
import { importCommand, noteSome } from '../imports/import-command.js';

export const importClaudeCode = importCommand<TranscriptsReport>({
  name: 'claude-code',
  summary: 'Imports transcripts of Claude Code as conversations',
  details:
    'Every session becomes a conversation; its messages, thoughts, tool calls and their results become\n' +
    'events, with model, tokens, and cost where the file tells it. Texts over 100,000 characters are cut.\n' +
    'Importing again adds what is new, and nothing that was forgotten. A bad line is named, the rest is\n' +
    'imported, and the exit code is 1. Transcripts may hold secrets that tools printed: whoever is in the\n' +
    'mesh can read them.',
  argument: { name: 'PATH', help: 'a session (.jsonl), a folder of them, or - for standard input' },
  flags: [
    { name: 'source', value: 'NAME', help: 'what ids are derived from (default claude-code)' },
    { name: 'namespace', value: 'NAME', help: 'where to (default conversations)' },
  ],
  example: 'mnemesh import claude-code ~/.claude/projects',
  read(call, { conversations }, progress) {
    const namespace = call.flag('namespace');
    return importTranscripts(
      namespace === undefined ? conversations : conversations.in(namespace),
      call.argument('PATH') as string,
      {
        ...given<Pick<TranscriptsOptions, 'source'>>({ source: call.flag('source') }),
        onProgress: (files, of, events) => progress(`${files} of ${of} files, ${events} events`),
      },
    );
  },
  print: printReport,
  isWhole: ({ bad }) => bad.length === 0,
});

function printReport(terminal: Terminal, report: TranscriptsReport): void {
  const { files, conversations, events, created, updated, unchanged, forgotten } = report;
  const { tokensIn, tokensOut, other, skipped, bad } = report;
  terminal.print(
    `${files} files, ${conversations} conversations, ${events} events (${tokensIn} tokens in, ` +
      `${tokensOut} out): ${created} new records, ${updated} renamed, ${unchanged} unchanged, ` +
      `${forgotten} forgotten and left so; ${bad.length} bad lines`,
  );
  const passed = Object.entries(other).map(([type, count]) => `${count} ${type}`);
  if (passed.length > 0) terminal.note(`lines passed over: ${passed.join(', ')}`);
  noteSome(terminal, skipped, 'skipped', ({ path, reason }) => `${path} ${reason}`);
  noteSome(terminal, bad, 'bad lines', ({ path, line, reason }) =>
    terminal.paint('red', `${path}, line ${line}: ${reason}`),
  );
}
