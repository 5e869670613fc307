import { type RecallHit, type RecallOptions, recalledCollections } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { choiceFlag, given, numberFlag } from '../command-line/flag-values.js';
import { withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { type AgentNames, agentNames, agentText, oneLine } from './record-text.js';

/** Hits that one call may ask for. */
const MOST_HITS = 100;
const MOST_TOKENS = 1_000_000;

export const recall: Command = {
  words: ['recall'],
  summary: 'Finds records by words of their text, best first',
  details: '--in names a collection here; in other commands it names a namespace.',
  arguments: [{ name: 'QUERY', help: 'words to look for' }],
  flags: [
    { name: 'limit', value: 'N', help: `how many at most (default 10, at most ${MOST_HITS})` },
    {
      name: 'in',
      value: 'COLLECTION',
      help: `only this collection: ${recalledCollections.join(', ')}`,
    },
    { name: 'as-of', value: 'DATE', help: 'what was valid then: 2026-03-01' },
    { name: 'max-tokens', value: 'N', help: 'how much text at most, in tokens' },
  ],
  examples: ['mnemesh recall "release friday"', 'mnemesh recall deploy --in memory --json'],
  run: async (call) => {
    const options = given<RecallOptions>({
      limit: numberFlag(call, 'limit', 1, MOST_HITS),
      collection: choiceFlag(call, 'in', recalledCollections),
      asOf: call.flag('as-of'),
      maxTokens: numberFlag(call, 'max-tokens', 1, MOST_TOKENS),
    });
    return withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const answer = await mesh.recall(call.argument('QUERY') as string, options);
      const { hits, abstain, coverage } = answer;
      if (call.terminal.json) call.terminal.printJson(answer);
      else if (hits.length === 0) call.terminal.note('Nothing matches.');
      else {
        call.terminal.printAll(hitLines(call.terminal, hits, await agentNames(mesh)));
        if (abstain) call.terminal.note('None of these speaks of most of what was asked.');
      }
      if (!call.terminal.json && answer.note !== undefined) call.terminal.note(answer.note);
      if (!call.terminal.json && coverage.held < coverage.known)
        call.terminal.note(`Searched ${coverage.held} of ${coverage.known} segments.`);
      return exitCodes.ok;
    });
  },
};

function hitLines(terminal: Terminal, hits: readonly RecallHit[], names: AgentNames): string[] {
  return hits.flatMap((hit) => {
    const mark = hit.conflicted ? terminal.paint('red', '  ≠ conflicting values') : '';
    const who = hit.speaker ?? agentText(names, hit.author);
    const from = `${hit.collection}, ${who}, ${hit.at ?? hit.createdAt}`;
    return [
      `${terminal.paint('cyan', hit.id)}  ${oneLine(hit.text)}${mark}`,
      terminal.paint('dim', `  ${from} · ${hit.why}`),
    ];
  });
}
