import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerCommand } from '@mnemesh/mcp-clients';
import { findHolder } from '@mnemesh/open-mesh';
import { peersDirectory } from '../clients/doors.js';

/** An MCP server that offers the nine tools of the official memory server. */
export interface MemorySubject {
  readonly name: string;
  /** How each client starts it, all with one store in `directory`. */
  command(directory: string): ServerCommand;
  /** The process that all of them share, where there is one: it is killed halfway. */
  shared?(directory: string): Promise<number | undefined>;
}

const MESH = 'bench';

/** @param script of an installation elsewhere than in `bench/peers` */
export function official(script: string | undefined): MemorySubject {
  return {
    name: 'server-memory',
    command: (directory) => ({
      command: process.execPath,
      args: [script ?? officialScript()],
      env: { MEMORY_FILE_PATH: join(directory, 'memory.jsonl') },
    }),
  };
}

function officialScript(): string {
  const peers = createRequire(new URL('package.json', peersDirectory));
  return peers.resolve('@modelcontextprotocol/server-memory/dist/index.js');
}

export const ours: MemorySubject = {
  name: 'mnemesh',
  command: (directory) => ({
    command: process.execPath,
    args: [
      fileURLToPath(new URL('../../../apps/cli/bin/mnemesh.js', import.meta.url)),
      'mcp',
      '--profile',
      'memory',
    ],
    env: { MNEMESH_DATA: directory, MNEMESH_MESH: MESH, MNEMESH_RELAY: 'none' },
  }),
  shared: async (directory) => {
    const found = await findHolder(directory, MESH);
    return found.state === 'alive' ? found.report.pid : undefined;
  },
};
