import { type MemoryInput, memoryKinds } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, wordsFlag } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { memoryLine } from './record-text.js';

export const remember: Command = {
  words: ['remember'],
  summary: 'Adds a memory item',
  details:
    'The item is durable on this device when the command returns. With a relay it waits a few\n' +
    'seconds for the relay to have it too, and says which it was.',
  arguments: [{ name: 'TEXT', help: 'what to remember' }],
  flags: [
    { name: 'kind', value: 'KIND', help: memoryKinds.join(', ') },
    { name: 'topic', value: 'WORD', help: 'what it is about' },
    { name: 'tags', value: 'A,B', help: 'words to find it by' },
    ackedFlag,
  ],
  examples: ['mnemesh remember "We ship on Fridays" --kind decision --topic release --tags team'],
  run: async (call) => {
    const input: MemoryInput = {
      content: call.argument('TEXT') as string,
      ...given<Omit<MemoryInput, 'content'>>({
        kind: choiceFlag(call, 'kind', memoryKinds),
        topic: call.flag('topic'),
        tags: wordsFlag(call, 'tags'),
      }),
    };
    return withMesh(call, async (open) => {
      const item = await open.mesh.memory.create(input);
      const reached = await finishWrite(call, open);
      if (call.terminal.json) call.terminal.printJson({ reached, record: item });
      else {
        call.terminal.print(memoryLine(call.terminal, item));
        call.terminal.note(reachedText(open.mesh, reached));
      }
      return exitCodes.ok;
    });
  },
};
