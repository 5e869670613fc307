import { MnemeshError } from '@mnemesh/protocol';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { outstandingLines } from './outstanding.js';
import { agentNames } from './record-text.js';

export const purge: Command = {
  words: ['purge'],
  summary: 'Ends all that a namespace holds, on every replica and relay, for good',
  details:
    'There is no way back, so the namespace is named twice. What a replica wrote there that this one has never\n' +
    'seen is kept: it moves to new ids when that replica comes back. --status only tells who still holds\n' +
    'something of what was purged.',
  arguments: [{ name: 'NAMESPACE', help: 'what to purge' }],
  flags: [
    { name: 'confirm', value: 'NAMESPACE', help: 'the same name again' },
    { name: 'before', value: 'DATE', help: 'only segments in which everything is older' },
    { name: 'status', help: 'purge nothing; tell who still holds something' },
    ackedFlag,
  ],
  examples: [
    'mnemesh purge shared/memory --confirm shared/memory',
    'mnemesh purge conversations --before 2026-01-01 --confirm conversations',
    'mnemesh purge shared/memory --status',
  ],
  run: (call) =>
    withMesh(call, async (open) => {
      const { mesh, catchUp } = open;
      const namespace = call.argument('NAMESPACE') as string;
      await catchUp();
      if (call.isSet('status')) {
        const status = await mesh.purged(namespace);
        if (call.terminal.json) call.terminal.printJson({ status: status ?? null });
        else if (status === undefined) call.terminal.print(`${namespace} was never purged`);
        else call.terminal.printAll(outstandingLines(status, await agentNames(mesh)));
        return exitCodes.ok;
      }
      if (call.flag('confirm') !== namespace) throw unconfirmed(namespace);
      const before = call.flag('before');
      const done = await mesh.purge(namespace, before === undefined ? {} : { before });
      const reached = await finishWrite(call, open);
      const status = await mesh.purged(namespace);
      if (call.terminal.json) call.terminal.printJson({ reached, ...done, status: status ?? null });
      else {
        call.terminal.print(
          `purged ${done.segments} segments of ${namespace}; what is new begins at ${done.floor}`,
        );
        call.terminal.note(reachedText(mesh, reached));
        if (status !== undefined)
          for (const line of outstandingLines(status, await agentNames(mesh)))
            call.terminal.note(line);
      }
      return exitCodes.ok;
    }),
};

function unconfirmed(namespace: string): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `A purge cannot be undone. If you mean it, run: mnemesh purge ${namespace} --confirm ${namespace}`,
  );
}
