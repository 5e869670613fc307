import { join } from 'node:path';
import { VERSION } from '@mnemesh/open-mesh';
import { openForProgram, settingsOf } from '../command-line/agent-settings.js';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { numberFlag } from '../command-line/flag-values.js';
import { interrupted } from '../command-line/interrupted.js';

const DEFAULT_PORT = 7700;
const DEFAULT_HOST = '127.0.0.1';

export const serveCommand: Command = {
  words: ['serve'],
  summary: 'Runs a relay on an embedded store, the console, and MCP by HTTP, until Ctrl-C',
  details:
    'Its logs are kept in DIR/relay of the data directory. Replicas link to the address it prints; stock\n' +
    'y-websocket clients join plain rooms there. MCP clients find the mesh of the settings at /mcp; each\n' +
    'acts as an agent named after itself, or by /mcp?agent=NAME.',
  arguments: [],
  flags: [
    { name: 'port', value: 'N', help: `the port (default ${DEFAULT_PORT}; 0 picks a free one)` },
    { name: 'host', value: 'NAME', help: `the address to listen on (default ${DEFAULT_HOST})` },
    {
      name: 'confirm-claims',
      help: 'grant strict claims again after an end out of order: nobody works under one that this relay does not know',
    },
  ],
  examples: ['mnemesh serve', 'mnemesh serve --port 7800 --data /var/lib/mnemesh'],
  run: async (call) => {
    const { terminal, explanation } = call;
    const stopped = interrupted();
    const { consoleFiles, serve } = await import('@mnemesh/server');
    const server = await serve({
      port: numberFlag(call, 'port', 0, 65535) ?? DEFAULT_PORT,
      host: call.flag('host') ?? DEFAULT_HOST,
      data: join(explanation.data.value as string, 'relay'),
      console: consoleFiles,
      confirmClaims: call.isSet('confirm-claims'),
      mcp: {
        // Asked for with the first client: a relay needs no mesh of its own.
        open: async (agent) => {
          const settings = settingsOf(explanation, agent, 'the MCP client');
          const relay = settings.relay ?? server.url;
          return openForProgram({ ...settings, relay }, terminal.log);
        },
        version: VERSION,
      },
      log: terminal.log,
    });
    if (terminal.json) terminal.printJson({ url: server.url, data: server.data });
    else {
      terminal.print(`relay on ${server.url}, log in ${server.data}`);
      terminal.note(`the console is at ${server.url.replace(/^ws/, 'http')}/`);
      terminal.note(`MCP clients connect to ${server.url.replace(/^ws/, 'http')}/mcp`);
      terminal.note(`stock y-websocket clients join plain rooms at ${server.url}/ROOM`);
      terminal.note(`peers, and clients of y-webrtc, find each other at ${server.url}/signal`);
      terminal.note('no root key: listening on loopback only');
    }
    await stopped;
    await server.close();
    return exitCodes.ok;
  },
};
