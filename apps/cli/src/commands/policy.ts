import { policies } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { agentNames, agentText } from './record-text.js';

export const policyList: Command = {
  words: ['policy', 'list'],
  summary: 'Lists how conflicts are settled, where somebody chose',
  details: 'Everything that is not listed merges: the newest value is shown, and stays open.',
  arguments: [],
  flags: [],
  examples: ['mnemesh policy list'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const chosen = await mesh.policies.list();
      if (call.terminal.json) call.terminal.printJson({ policies: chosen });
      else if (chosen.length === 0) call.terminal.note('Nothing was chosen: everything merges.');
      else {
        const names = await agentNames(mesh);
        for (const { namespace, collection, policy, authority } of chosen) {
          const by = authority === undefined ? '' : `  ${agentText(names, authority)}`;
          call.terminal.print(`${namespace}  ${collection}  ${policy}${by}`);
        }
      }
      return exitCodes.ok;
    }),
};

export const policySet: Command = {
  words: ['policy', 'set'],
  summary: 'Chooses how conflicts of a namespace are settled, for the whole mesh',
  details:
    'merge               the newest is shown, and stays open\n' +
    'last-writer-wins    the newest is taken\n' +
    'authority-wins      what the agent of --authority wrote is taken\n' +
    'manual              the oldest is shown until somebody decides\n' +
    'A value that a person wrote is never replaced by a program’s unseen, whatever the policy.',
  arguments: [
    { name: 'NAMESPACE', help: 'shared/memory, for example' },
    { name: 'POLICY', help: 'one of these', choices: policies },
  ],
  flags: [
    { name: 'collection', value: 'NAME', help: 'only for memory, task or tool records' },
    { name: 'authority', value: 'AGENT', help: 'name or key of the agent whose values win' },
    ackedFlag,
  ],
  examples: [
    'mnemesh policy set shared/tasks last-writer-wins',
    'mnemesh policy set shared/memory authority-wins --authority ann',
  ],
  run: (call) =>
    withMesh(call, async (open) => {
      const { mesh } = open;
      await open.catchUp();
      const [collection, authority] = [call.flag('collection'), call.flag('authority')];
      const choice = {
        namespace: call.argument('NAMESPACE') as string,
        policy: call.argument('POLICY') as (typeof policies)[number],
        ...(collection === undefined ? {} : { collection }),
        ...(authority === undefined ? {} : { authority: agentKey(await mesh.agents(), authority) }),
      };
      await mesh.policies.set(choice);
      const reached = await finishWrite(call, open);
      if (call.terminal.json) call.terminal.printJson({ reached, ...choice });
      else {
        call.terminal.print(`${choice.namespace}  ${collection ?? '*'}  ${choice.policy}`);
        call.terminal.note(reachedText(mesh, reached));
      }
      return exitCodes.ok;
    }),
};

/** By name or key, or the beginning of the key. @throws MnemeshError `not_found` */
function agentKey(
  agents: readonly { readonly id: string; readonly name: string }[],
  name: string,
): string {
  const found = agents.filter((agent) => agent.name === name || agent.id.startsWith(name));
  if (found.length === 1) return found[0]?.id as string;
  throw new MnemeshError(
    'not_found',
    found.length === 0
      ? `No agent "${name}" has written to this mesh yet.`
      : `${found.length} agents go by "${name}". Give the beginning of the key: ${found.map(({ id }) => id.slice(0, 8)).join(', ')}.`,
  );
}
