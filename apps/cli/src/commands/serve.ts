import { join } from 'node:path';
import { serve } from '@mnemesh/server';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { numberFlag } from '../command-line/flag-values.js';
import { interrupted } from '../command-line/interrupted.js';

const DEFAULT_PORT = 7700;
const DEFAULT_HOST = '127.0.0.1';

export const serveCommand: Command = {
  words: ['serve'],
  summary: 'Runs a relay on an embedded store, until Ctrl-C',
  details:
    'Its logs are kept in DIR/relay of the data directory. Replicas link to the address it prints; stock y-websocket clients join plain rooms there.',
  arguments: [],
  flags: [
    { name: 'port', value: 'N', help: `the port (default ${DEFAULT_PORT}; 0 picks a free one)` },
    { name: 'host', value: 'NAME', help: `the address to listen on (default ${DEFAULT_HOST})` },
  ],
  examples: ['mnemesh serve', 'mnemesh serve --port 7800 --data /var/lib/mnemesh'],
  run: async (call) => {
    const { terminal, explanation } = call;
    const stopped = interrupted();
    const server = await serve({
      port: numberFlag(call, 'port', 0, 65535) ?? DEFAULT_PORT,
      host: call.flag('host') ?? DEFAULT_HOST,
      data: join(explanation.data.value as string, 'relay'),
      log: terminal.log,
    });
    if (terminal.json) terminal.printJson({ url: server.url, data: server.data });
    else {
      terminal.print(`relay on ${server.url}, log in ${server.data}`);
      terminal.note(`stock y-websocket clients join plain rooms at ${server.url}/ROOM`);
      terminal.note('no root key: listening on loopback only');
    }
    await stopped;
    await server.close();
    return exitCodes.ok;
  },
};
