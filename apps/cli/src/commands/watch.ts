import type { Collection, CollectionChange, MemoryItem, RecordView, Task } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { interrupted } from '../command-line/interrupted.js';
import { withMesh } from '../command-line/open-call.js';
import { stayAlive } from '../command-line/stay-alive.js';
import type { Terminal } from '../command-line/terminal.js';
import { memoryLine, taskLine } from './record-text.js';

export const watch: Command = {
  words: ['watch'],
  summary: 'Prints each change as it arrives, until Ctrl-C',
  details:
    'Of memory, tasks, tool states and prose in their default namespaces. With --json, one object a\n' +
    'line: collection, origin (local, remote), id, record.',
  arguments: [],
  flags: [],
  examples: ['mnemesh watch --json'],
  run: (call) =>
    withMesh(call, async ({ mesh }) => {
      const stops = [
        follow(call.terminal, 'task', mesh.tasks),
        follow(call.terminal, 'memory', mesh.memory),
        follow(call.terminal, 'tool', mesh.tools),
        follow(call.terminal, 'prose', mesh.prose),
      ];
      call.terminal.note(`Watching ${mesh.id}. Ctrl-C ends it.`);
      await stayAlive(interrupted());
      for (const stop of stops) stop();
      return exitCodes.ok;
    }),
};

function follow<View extends RecordView>(
  terminal: Terminal,
  name: string,
  collection: Pick<Collection<View, never, never>, 'watch'>,
): () => void {
  return collection.watch((changes) => {
    for (const change of changes) {
      if (terminal.json) terminal.printJson({ collection: name, ...change });
      else terminal.print(changeLine(terminal, name, change));
    }
  });
}

function changeLine(
  terminal: Terminal,
  name: string,
  change: CollectionChange<RecordView>,
): string {
  const { id, record, origin } = change;
  const mark = terminal.paint('dim', origin === 'local' ? '·' : '←');
  if (record === undefined) return `${mark} ${id} forgotten`;
  if (name === 'task') return `${mark} ${taskLine(terminal, record as Task)}`;
  if (name === 'memory') return `${mark} ${memoryLine(terminal, record as MemoryItem)}`;
  return `${mark} ${name} ${id}`;
}
