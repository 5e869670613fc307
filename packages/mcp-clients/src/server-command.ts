import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

/** How an MCP server is started over stdio. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A client of its own process of a server. */
export async function startedClient(
  name: string,
  { command, args, env }: ServerCommand,
): Promise<Client> {
  const client = new Client({ name, version: '1.0.0' });
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  await client.connect(
    new StdioClientTransport({ command, args: [...args], env: { ...inherited, ...env } }),
  );
  return client;
}
