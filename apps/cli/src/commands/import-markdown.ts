import { basename, resolve } from 'node:path';
import { memoryKinds } from '@mnemesh/core';
import { choiceFlag, given } from '../command-line/flag-values.js';
import type { Terminal } from '../command-line/terminal.js';
import { importCommand, noteSome } from '../imports/import-command.js';
import type { FolderOptions, FolderReport } from '../markdown/import-folder.js';

export const importMarkdown = importCommand<FolderReport>({
  name: 'markdown',
  summary: 'Imports a folder of Markdown files as memory items',
  details:
    'Every .md, .markdown and .mdx file becomes one item that names the file among its sources. Front\n' +
    'matter is kept, and gives kind, topic, tags, importance, validFrom, validTo, pinned, sensitivity and\n' +
    'sources. Importing again: a changed text becomes an item that supersedes the former; changed front\n' +
    'matter changes the item, and leaves what was changed here. Items of files that are gone stay, and\n' +
    'what was forgotten here stays forgotten. Left out: symbolic links, node_modules, and folders whose\n' +
    'name begins with a dot.',
  argument: { name: 'DIR', help: 'the folder' },
  flags: [
    {
      name: 'source',
      value: 'NAME',
      help: "what ids are derived from; the same on every device (default the folder's name)",
    },
    { name: 'namespace', value: 'NAME', help: 'where to (default shared/memory)' },
    { name: 'kind', value: 'KIND', help: 'of files that name none (default fact)' },
  ],
  example: 'mnemesh import markdown notes',
  async read(call, { memory }, progress) {
    const { importFolder } = await import('../markdown/import-folder.js');
    const folder = resolve(call.argument('DIR') as string);
    const namespace = call.flag('namespace');
    return importFolder(namespace === undefined ? memory : memory.in(namespace), folder, {
      source: call.flag('source') ?? basename(folder),
      ...given<Pick<FolderOptions, 'kind'>>({ kind: choiceFlag(call, 'kind', memoryKinds) }),
      onProgress: (done, of) => progress(`${done} of ${of} files`),
    });
  },
  print: printReport,
  isWhole: ({ bad }) => bad.length === 0,
});

function printReport(terminal: Terminal, report: FolderReport): void {
  const { files, created, superseded, updated, unchanged, forgotten, skipped, bad, unread } =
    report;
  terminal.print(
    `${files} files: ${created} new, ${superseded + updated} changed (${superseded} with a new text), ` +
      `${unchanged} unchanged, ${forgotten} forgotten and left so; ${skipped.length} skipped, ${bad.length} bad`,
  );
  noteSome(terminal, skipped, 'skipped', ({ path, reason }) => `${path} ${reason}`);
  noteSome(
    terminal,
    unread,
    'such files',
    ({ path, reason }) => `${path}: its front matter is kept as text: ${reason}`,
  );
  noteSome(terminal, bad, 'bad files', ({ path, reason }) =>
    terminal.paint('red', `${path} ${reason}`),
  );
}
