import { VERSION } from '@mnemesh/open-mesh';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { chosenAgent, openForProgram, settingsOf } from '../command-line/agent-settings.js';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { wordsFlag } from '../command-line/flag-values.js';
import { interrupted } from '../command-line/interrupted.js';
import { stayAlive } from '../command-line/stay-alive.js';
import { UsageError } from '../command-line/usage-error.js';

export const mcp: Command = {
  words: ['mcp'],
  summary: 'Serves the mesh to an MCP client over standard input and output',
  details:
    'MCP clients start it; "mnemesh setup" writes their config. The replica is held by a process of\n' +
    'its own that all of them share. The agent is named by --agent or MNEMESH_AGENT, else after the\n' +
    'client. Nothing but the protocol goes to standard output.',
  arguments: [],
  flags: [
    {
      name: 'profile',
      value: 'A,B',
      help: 'which tools: default; team adds messages and conflicts; memory has those of the official memory server',
    },
  ],
  examples: ['mnemesh mcp', 'mnemesh mcp --profile memory --agent researcher'],
  run: async (call) => {
    call.settings();
    // The SDK takes longer to load than the rest of the command.
    const { agentOfClient, profileNames, serveStdio } = await import('@mnemesh/mcp');
    const profiles = (wordsFlag(call, 'profile') ?? []).map((word) =>
      profileNamed(word, profileNames),
    );
    const { log } = call.terminal;
    const { explanation } = call;
    const chosen = chosenAgent(explanation.agent);
    const stopped = interrupted();
    const served = await serveStdio({
      input: process.stdin,
      output: process.stdout,
      open: async ({ name }) => {
        const agent = chosen ?? agentOfClient(name);
        return openForProgram(settingsOf(explanation, agent, 'the MCP client'), log);
      },
      version: VERSION,
      runtime: nodeRuntime({ log }),
      ...(profiles.length === 0 ? {} : { profiles }),
    });
    await stayAlive(Promise.race([stopped.then(() => served.close()), served.ended]));
    return exitCodes.ok;
  },
};

/** @throws UsageError */
function profileNamed<Name extends string>(word: string, names: readonly Name[]): Name {
  const name = names.find((one) => one === word);
  if (name !== undefined) return name;
  throw new UsageError(`There is no profile "${word}". There are: ${names.join(', ')}.`, ['mcp']);
}
