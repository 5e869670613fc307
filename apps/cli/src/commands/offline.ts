import { isSwitchedOffline, switchOffline, tellHoldersOffline } from '@mnemesh/open-mesh';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';

export const offline: Command = {
  words: ['offline'],
  summary: 'Keeps this data directory off the network, or lets it back',
  details:
    'The switch is stored in the data directory. Every mesh opened from it stays offline until it is\n' +
    'switched off; processes that hold one are told at once. Without on or off, says how it is.',
  arguments: [{ name: 'SWITCH', help: 'on or off', optional: true, choices: ['on', 'off'] }],
  flags: [],
  examples: ['mnemesh offline on', 'mnemesh offline off'],
  run: async ({ terminal, argument, explanation }) => {
    const data = explanation.data.value as string;
    const wanted = argument('SWITCH');
    if (wanted !== undefined) {
      await switchOffline(data, wanted === 'on');
      await tellHoldersOffline(data, wanted === 'on');
    }
    const now = isSwitchedOffline(data);
    if (terminal.json) terminal.printJson({ offline: now, data });
    else {
      terminal.print(
        now
          ? `offline: everything opened from ${data} is off the network until "mnemesh offline off"`
          : `online: what is opened from ${data} links to its relay`,
      );
    }
    return exitCodes.ok;
  },
};
