import type { RecallHit } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, numberFlag } from '../command-line/flag-values.js';
import { withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { type AgentNames, agentNames, agentText, oneLine } from './record-text.js';

const collections = ['memory', 'task', 'tool'] as const;
/** Hits that one call may ask for. */
const MOST_HITS = 100;

export const recall: Command = {
  words: ['recall'],
  summary: 'Finds records by words of their text, best first',
  arguments: [{ name: 'QUERY', help: 'words to look for' }],
  flags: [
    { name: 'limit', value: 'N', help: `how many at most (default 10, at most ${MOST_HITS})` },
    { name: 'in', value: 'WHAT', help: `only ${collections.join(', ')}` },
  ],
  examples: ['mnemesh recall "release friday"', 'mnemesh recall deploy --in memory --json'],
  run: async (call) => {
    const options = given<{ limit: number; collection: (typeof collections)[number] }>({
      limit: numberFlag(call, 'limit', 1, MOST_HITS),
      collection: choiceFlag(call, 'in', collections),
    });
    return withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const hits = await mesh.recall(call.argument('QUERY') as string, options);
      if (call.terminal.json) call.terminal.printJson({ hits });
      else if (hits.length === 0) call.terminal.note('Nothing matches.');
      else call.terminal.printAll(hitLines(call.terminal, hits, await agentNames(mesh)));
      return exitCodes.ok;
    });
  },
};

function hitLines(terminal: Terminal, hits: readonly RecallHit[], names: AgentNames): string[] {
  return hits.flatMap((hit) => {
    const mark = hit.conflicted ? terminal.paint('red', '  ≠ conflicting values') : '';
    const from = `${hit.collection}, ${agentText(names, hit.author)}, ${hit.createdAt}`;
    return [
      `${terminal.paint('cyan', hit.id)}  ${oneLine(hit.text)}${mark}`,
      terminal.paint('dim', `  ${from} · ${hit.why}`),
    ];
  });
}
