import type { Mesh } from '@mnemesh/core';
import type { Runtime } from '@mnemesh/protocol';
import type { HttpRoute } from '@mnemesh/relay';

export interface McpOptions {
  /** Opens a session of the mesh. @param agent as the client's address named it, else as the client calls itself */
  open(agent: string): Promise<Mesh>;
  readonly version: string;
}

export interface McpRoute {
  readonly route: HttpRoute;
  /** Waits for what is being saved. Idempotent. */
  close(): Promise<void>;
}

/** MCP by HTTP. The SDK is loaded with the first request: a relay that nobody asks for MCP starts and lives without it. */
export function mcpRoute({ open, version }: McpOptions, runtime: Runtime): McpRoute {
  const load = async () => {
    const { agentOfClient, HttpSessions } = await import('@mnemesh/mcp');
    return new HttpSessions({
      open: (agent) => (client) => open(agent ?? agentOfClient(client.name)),
      version,
      runtime,
    });
  };
  let sessions: ReturnType<typeof load> | undefined;
  return {
    route: (request, response) => {
      sessions ??= load();
      sessions
        .then((loaded) => loaded.handle(request, response))
        .catch((error: unknown) => {
          runtime.log('error', 'MCP cannot be served', { error: String(error) });
          response.destroy();
        });
    },
    close: async () => {
      await (await sessions)?.close();
    },
  };
}
