import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { numberFlag } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { UsageError } from '../command-line/usage-error.js';

/** A hundred years. */
const MOST_DAYS = 36_500;

export const retain: Command = {
  words: ['retain'],
  summary: 'Chooses how long a namespace keeps what is done with, or lists what was chosen',
  details:
    'Ends, for good and on every replica, the segments of a namespace in which everything is done with (tasks in\n' +
    'a final state, items past their validTo, archived records, what was said once) and was last touched so many\n' +
    'days ago. The newest segment stays. One choice for the whole mesh; without a choice everything is kept.',
  arguments: [{ name: 'NAMESPACE', help: 'shared/tasks, for example', optional: true }],
  flags: [
    { name: 'days', value: 'N', help: `how many days, at most ${MOST_DAYS}` },
    { name: 'forever', help: 'keep everything again' },
    ackedFlag,
  ],
  examples: [
    'mnemesh retain conversations --days 180',
    'mnemesh retain conversations --forever',
    'mnemesh retain',
  ],
  run: (call) => {
    const { terminal } = call;
    const namespace = call.argument('NAMESPACE');
    const days = numberFlag(call, 'days', 1, MOST_DAYS);
    if (namespace === undefined ? chooses() : (days === undefined) !== call.isSet('forever'))
      throw new UsageError(
        'Name a namespace with either --days or --forever; or nothing, to list.',
        ['retain'],
      );
    return withMesh(call, async (open) => {
      await open.catchUp();
      if (namespace === undefined) {
        const retentions = await open.mesh.retentions();
        if (terminal.json) terminal.printJson({ retentions });
        else if (retentions.length === 0) terminal.note('Nothing was chosen: everything is kept.');
        else terminal.printAll(retentions.map((one) => `${one.namespace}  ${one.days} days`));
        return exitCodes.ok;
      }
      await open.mesh.retain(namespace, days);
      const reached = await finishWrite(call, open);
      if (terminal.json) terminal.printJson({ reached, namespace, days: days ?? null });
      else {
        terminal.print(`${namespace}  ${days === undefined ? 'keeps everything' : `${days} days`}`);
        terminal.note(reachedText(open.mesh, reached));
      }
      return exitCodes.ok;
    });

    function chooses(): boolean {
      return days !== undefined || call.isSet('forever');
    }
  },
};
