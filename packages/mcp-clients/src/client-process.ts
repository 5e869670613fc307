import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ClientOrder, ClientPlace, ClientReport, PlannedWrite } from './messages.js';
import { startedClient } from './server-command.js';

// One MCP client, with a server process of its own. The same for any memory server.

const { name, server, atOnce } = JSON.parse(process.argv[2] as string) as ClientPlace;

function report(message: ClientReport): void {
  if (process.connected) process.send?.(message);
}

async function write(client: Client, { tool, text }: PlannedWrite): Promise<void> {
  const args =
    tool === 'remember'
      ? { content: text }
      : { entities: [{ name: text, entityType: 'test', observations: [`seen by ${text}`] }] };
  try {
    const result = (await client.callTool({ name: tool, arguments: args }, undefined, {
      timeout: 120_000,
    })) as CallToolResult;
    if (result.isError === true)
      report({ kind: 'refused', text, reason: JSON.stringify(result.content) });
    else report({ kind: 'acknowledged', text, ...idOf(result) });
  } catch (error) {
    report({ kind: 'refused', text, reason: String(error) });
  }
}

/** Of an item; entities have none. */
function idOf({ structuredContent }: CallToolResult): { readonly id?: string } {
  const { id } = (structuredContent ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? { id } : {};
}

async function writeAll(client: Client, writes: readonly PlannedWrite[]): Promise<void> {
  const waiting = [...writes];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await write(client, next);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  report({ kind: 'wrote' });
}

async function look(client: Client, ids: readonly string[]): Promise<void> {
  try {
    const graph = (await client.callTool({ name: 'read_graph', arguments: {} })) as CallToolResult;
    if (graph.isError === true) throw new Error(JSON.stringify(graph.content));
    const { entities } = graph.structuredContent as {
      entities: readonly { name: string; observations: readonly string[] }[];
    };
    report({ kind: 'sees', entities, items: await itemsOf(client, ids) });
  } catch (error) {
    report({ kind: 'sees', entities: [], items: [], problem: String(error) });
  }
}

/** Ids that one call may name. */
const NAMED = 50;

async function itemsOf(client: Client, ids: readonly string[]): Promise<readonly string[]> {
  const contents: string[] = [];
  for (let i = 0; i < ids.length; i += NAMED) {
    const args = { ids: ids.slice(i, i + NAMED) };
    const result = (await client.callTool({
      name: 'get_memory',
      arguments: args,
    })) as CallToolResult;
    if (result.isError === true) throw new Error(JSON.stringify(result.content));
    const { items } = result.structuredContent as { items: readonly { content: string }[] };
    contents.push(...items.map(({ content }) => content));
  }
  return contents;
}

const client = await startedClient(name, server);
process.on('disconnect', () => process.exit());
process.on('message', (order: ClientOrder) => {
  const done =
    order.kind === 'write'
      ? writeAll(client, order.writes)
      : order.kind === 'look'
        ? look(client, order.ids)
        : client.close().then(() => process.disconnect());
  done.catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
report({ kind: 'ready' });
