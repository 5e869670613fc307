import type { ContextOptions } from '@mnemesh/core';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { given, numberFlag, wordsFlag } from '../command-line/flag-values.js';
import { withMesh } from '../command-line/open-call.js';

export const contextCommand: Command = {
  words: ['context'],
  summary: 'Prints what a session should know when it starts, within a budget of tokens',
  details:
    'Conflicts, pinned items, open tasks and recent decisions, as Markdown to put into a prompt. Tokens\n' +
    'are estimated: four characters of ASCII, or one of anything else, to a token.',
  arguments: [],
  flags: [
    { name: 'budget', value: 'TOKENS', help: '100 to 100000 (default 2000)' },
    { name: 'in', value: 'NAMESPACE,…', help: 'only from these namespaces' },
  ],
  examples: ['mnemesh context --budget 1000'],
  run: (call) => {
    const options = given<ContextOptions>({
      budgetTokens: numberFlag(call, 'budget', 100, 100_000),
      namespaces: wordsFlag(call, 'in'),
    });
    return withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const pack = await mesh.context(options);
      if (call.terminal.json) call.terminal.printJson(pack);
      else {
        call.terminal.print(pack.text);
        call.terminal.note(
          `about ${pack.tokens} tokens${pack.omitted > 0 ? `; ${pack.omitted} entries did not fit (--budget)` : ''}`,
        );
      }
      return exitCodes.ok;
    });
  },
};
