import { ownSurroundings } from '@mnemesh/open-mesh';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import type { Terminal } from '../command-line/terminal.js';
import {
  type ClientFiles,
  type ClientName,
  clientFiles,
  clientNames,
} from '../setup/client-table.js';
import { dropKept, type FileChange, keep, writeChange } from '../setup/file-change.js';
import { lineDiff } from '../setup/line-diff.js';
import { planSetup, planUndo, restored } from '../setup/plan-setup.js';
import { serverEntry } from '../setup/server-entry.js';

export const setup: Command = {
  words: ['setup'],
  summary: 'Lets an MCP client use the mesh: its config, and what its model is told',
  details:
    'Shows what would change and changes nothing, until called with --yes. What is in the files stays,\n' +
    'comments too. --undo --yes gives back what was there before. Options that name a mesh, an agent, a\n' +
    'relay or a data directory go into the config.',
  arguments: [{ name: 'CLIENT', help: 'the client', choices: clientNames }],
  flags: [
    { name: 'user', help: 'for you in every project, rather than for this project' },
    { name: 'profile', value: 'A,B', help: 'which tools it gets; see: mnemesh mcp --help' },
    { name: 'yes', help: 'write the files; without it, nothing is written' },
    { name: 'undo', help: 'show how it is taken back; --undo --yes does it' },
  ],
  examples: [
    'mnemesh setup claude',
    'mnemesh setup codex --user --mesh team --yes',
    'mnemesh setup claude --undo --yes',
  ],
  run: async (call) => {
    const { terminal, explanation } = call;
    const data = explanation.data.value as string;
    const at = ownSurroundings();
    const scope = call.isSet('user') ? 'user' : 'project';
    const client = clientFiles(call.argument('CLIENT') as ClientName, scope, at);
    const isUndo = call.isSet('undo');
    const changes = isUndo
      ? await planUndo(client, data)
      : await planSetup(client, serverEntry(at, client.config.typed, passedOn(call)));
    if (terminal.json)
      terminal.printJson({ client: client.title, written: call.isSet('yes'), changes });
    else printPlan(terminal, client, changes, isUndo);
    if (!call.isSet('yes')) {
      if (changes.length > 0) terminal.note('Nothing was written. Do it with --yes.');
      return exitCodes.ok;
    }
    for (const change of changes) {
      if (!isUndo) await keep(data, change, await restored(client, data, change));
      await writeChange(change);
      if (isUndo) await dropKept(data, change.path);
    }
    if (changes.length > 0) terminal.note(`Restart ${client.title} to take it up.`);
    return exitCodes.ok;
  },
};

/** What was typed here is meant for the client too; what the surroundings say, it finds there itself. */
function passedOn(call: Call): readonly string[] {
  const { explanation } = call;
  const settings = (['mesh', 'agent', 'relay', 'data'] as const).flatMap((name) => {
    const { value, from } = explanation[name];
    return from === 'command line' && value !== undefined ? [`--${name}`, value] : [];
  });
  const profile = call.flag('profile');
  return [...settings, ...(profile === undefined ? [] : ['--profile', profile])];
}

function printPlan(
  terminal: Terminal,
  { title }: ClientFiles,
  changes: readonly FileChange[],
  isUndo: boolean,
): void {
  if (changes.length === 0) {
    terminal.print(
      isUndo ? `Nothing of Mnemesh is set up in ${title}.` : `${title} is set up already.`,
    );
    return;
  }
  for (const { path, before, after } of changes) {
    for (const line of lineDiff(path, before, after)) {
      if (line.startsWith('+')) terminal.print(terminal.paint('green', line));
      else if (line.startsWith('-')) terminal.print(terminal.paint('red', line));
      else terminal.print(line);
    }
  }
}
