import { type MemoryInput, type Mesh, memoryKinds, sensitivities } from '@mnemesh/core';
import { MnemeshError, parseRecordId } from '@mnemesh/protocol';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, shareFlag, wordsFlag } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { metLines } from './memory.js';
import { memoryLine } from './record-text.js';

export const remember: Command = {
  words: ['remember'],
  summary: 'Adds a memory item',
  details:
    'The item is durable on this device when the command returns. With a relay it waits a few\n' +
    'seconds for the relay to have it too, and says which it was. Items that say nearly the same, and\n' +
    'items of the topic that contradict it because neither was written in knowledge of the other, are\n' +
    'listed; nothing is merged. --supersedes makes it the new version of others.',
  arguments: [{ name: 'TEXT', help: 'what to remember' }],
  flags: [
    { name: 'kind', value: 'KIND', help: memoryKinds.join(', ') },
    { name: 'topic', value: 'WORD', help: 'what it is about' },
    { name: 'tags', value: 'A,B', help: 'words to find it by' },
    { name: 'importance', value: 'N', help: '0 to 1' },
    { name: 'valid-from', value: 'DATE', help: 'ISO 8601: from when on it holds' },
    { name: 'valid-to', value: 'DATE', help: 'from when on it holds no longer' },
    { name: 'sources', value: 'A,B', help: 'where it is known from: addresses, files, ids' },
    { name: 'supersedes', value: 'ID,ID', help: 'items that it takes the place of' },
    { name: 'pinned', help: 'every session is to know it from the start' },
    { name: 'sensitivity', value: 'WORD', help: sensitivities.join(', ') },
    ackedFlag,
  ],
  examples: [
    'mnemesh remember "We ship on Fridays" --kind decision --topic release --tags team',
    'mnemesh remember "We ship on Mondays" --supersedes 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB',
  ],
  run: async (call) => {
    const input: MemoryInput = {
      content: call.argument('TEXT') as string,
      ...given<Omit<MemoryInput, 'content'>>({
        kind: choiceFlag(call, 'kind', memoryKinds),
        topic: call.flag('topic'),
        tags: wordsFlag(call, 'tags'),
        importance: shareFlag(call, 'importance'),
        validFrom: call.flag('valid-from'),
        validTo: call.flag('valid-to'),
        sources: wordsFlag(call, 'sources'),
        supersedes: wordsFlag(call, 'supersedes'),
        pinned: call.isSet('pinned') || undefined,
        sensitivity: choiceFlag(call, 'sensitivity', sensitivities),
      }),
    };
    return withMesh(call, async (open) => {
      const { mesh } = open;
      if (input.supersedes !== undefined) await readAll(mesh, input.supersedes);
      const write = mesh.memory.create(input);
      const item = await write;
      const similar = await write.similar;
      const reached = await finishWrite(call, open);
      const conflicts = await mesh.conflicts.list({
        namespaces: [item.namespace],
        kind: 'topic',
        record: item.id,
      });
      if (call.terminal.json)
        call.terminal.printJson({ reached, record: item, similar, conflicts });
      else {
        call.terminal.print(memoryLine(call.terminal, item));
        for (const line of metLines(call.terminal, item, similar, conflicts))
          call.terminal.note(line);
        call.terminal.note(reachedText(mesh, reached));
      }
      return exitCodes.ok;
    });
  },
};

/** Whoever names an item is taken to know it, and what its author knew. @throws MnemeshError `not_found` */
async function readAll(mesh: Mesh, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if ((await mesh.memory.get(parseRecordId(id))) !== undefined) continue;
    throw new MnemeshError('not_found', `There is no memory item ${id} on this device.`);
  }
}
