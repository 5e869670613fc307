import { existsSync } from 'node:fs';
import { link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_FILE, type Explanation, keyPath, openAgent } from '@mnemesh/open-mesh';
import { MnemeshError } from '@mnemesh/protocol';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';

export const init: Command = {
  words: ['init'],
  summary: 'Writes mnemesh.json here and makes the key of the agent',
  details:
    'The file names the mesh, the agent and, if given, relay and data directory, for every command\n' +
    'and every openMesh call in this directory and below. The key stays in the data directory. It says\n' +
    'for good whether a person or a program writes with it: a program never overrides a person unseen.',
  arguments: [],
  flags: [
    { name: 'human', help: 'the key is a person’s; without it, a program’s' },
    { name: 'force', help: 'replace a mnemesh.json that is here' },
  ],
  examples: [
    'mnemesh init --mesh atlas --agent planner --relay ws://127.0.0.1:7700',
    'mnemesh init --mesh atlas --agent ann --human',
  ],
  run: async (call) => {
    const { mesh, agent, data } = call.settings();
    const path = join(process.cwd(), CONFIG_FILE);
    const made = !existsSync(keyPath(data, agent));
    const identity = await openAgent(data, agent, call.isSet('human') ? 'human' : 'agent');
    if (call.isSet('human') && identity.kind !== 'human') {
      throw new MnemeshError(
        'already_exists',
        `The key of ${agent} is a program’s already, and stays so. Take another name for the person: --agent NAME.`,
      );
    }
    const config = { mesh, agent, ...chosenPlaces(call.explanation) };
    await writeConfig(path, config, call.isSet('force'));
    const result = {
      config: path,
      ...config,
      key: keyPath(data, agent),
      keyMade: made,
      agentId: identity.id,
      kind: identity.kind ?? 'agent',
    };
    if (call.terminal.json) call.terminal.printJson(result);
    else {
      call.terminal.print(
        `wrote   ${path}: mesh ${mesh}, agent ${agent}${config.relay ? `, relay ${config.relay}` : ''}`,
      );
      call.terminal.print(
        `${made ? 'made   ' : 'kept   '} ${result.key}: the key of ${agent} (${result.kind}); keep it to yourself`,
      );
      call.terminal.print(`agent   ${identity.id}`);
      if (config.relay === undefined)
        call.terminal.note('No relay is set: add "relay" to the file to share the mesh.');
    }
    return exitCodes.ok;
  },
};

/** Relay and data directory, where somebody chose them rather than the default. */
function chosenPlaces({ relay, data }: Explanation): {
  readonly relay?: string;
  readonly data?: string;
} {
  return {
    ...(relay.value === undefined ? {} : { relay: relay.value }),
    ...(data.from === 'default' || data.value === undefined ? {} : { data: data.value }),
  };
}

/** The file appears whole, and never over one that is there, unless forced. */
async function writeConfig(path: string, config: object, force: boolean): Promise<void> {
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, `${JSON.stringify(config, undefined, 2)}\n`);
    if (force) await rm(path, { force: true });
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new MnemeshError(
        'already_exists',
        `${path} is there already. Edit it, or replace it with --force.`,
      );
    }
    throw new MnemeshError(
      'store_failed',
      `${path} cannot be written: ${(error as Error).message}.`,
    );
  } finally {
    await rm(draft, { force: true });
  }
}
