import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { MeshSessions, type OpenSession } from './mesh-sessions.js';
import { combined, type ProfileName } from './profiles.js';
import { Subscriptions } from './resources/subscriptions.js';
import { errorParts, toolError } from './tool-error.js';

export interface McpServerOptions {
  readonly open: OpenSession;
  /** One or several; what they offer is put together. Default `default`. */
  readonly profiles?: readonly ProfileName[];
  /** Of the program, as clients show it. */
  readonly version: string;
  readonly runtime: Runtime;
}

/** One MCP session over a mesh. */
export interface McpSession {
  /** Serves the client at the other end of this transport. Once. */
  connect(transport: Transport): Promise<void>;
  /** Resolves when the client has gone and what it began is saved. */
  readonly ended: Promise<void>;
  /** Waits for what is being saved. Idempotent. */
  close(): Promise<void>;
}

/**
 * Serves one client. Every failure of a call is an answer with a stable code; nothing that a client
 * sends ends the session.
 */
export function createMcpSession({
  open,
  profiles: chosen = ['default'],
  version,
  runtime,
}: McpServerOptions): McpSession {
  const profile = combined(chosen);
  const server = new Server(
    { name: 'mnemesh', title: 'Mnemesh', version },
    {
      capabilities: {
        tools: {},
        resources: { subscribe: true },
        ...(profile.prompts.length === 0 ? {} : { prompts: {} }),
      },
      instructions: profile.instructions,
    },
  );
  const client = () => server.getClientVersion() ?? { name: '', version: '' };
  const sessions = new MeshSessions(open, client, runtime);
  const { resources, prompts } = profile;
  const subscriptions = new Subscriptions(resources, sessions, (uri) =>
    server.sendResourceUpdated({ uri }),
  );
  const tools = new Map(profile.tools.map((tool) => [tool.name, tool]));

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: profile.tools.map((tool) => tool.listed()),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = tools.get(params.name);
    if (tool !== undefined) return tool.call(params.arguments, sessions);
    const names = [...tools.keys()].join(', ');
    const message = `There is no tool "${params.name}" here. There are: ${names}.`;
    return toolError(new MnemeshError('not_found', message));
  });
  server.setRequestHandler(ListResourcesRequestSchema, () =>
    protocolErrors(async () => ({ resources: [...(await resources.list(sessions))] })),
  );
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [...resources.templates],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) =>
    protocolErrors(async () => ({ contents: [await resources.read(params.uri, sessions)] })),
  );
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) =>
    protocolErrors(async () => {
      await subscriptions.add(params.uri);
      return {};
    }),
  );
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscriptions.remove(params.uri);
    return {};
  });
  if (prompts.length > 0) {
    server.setRequestHandler(ListPromptsRequestSchema, () => ({
      prompts: prompts.map(({ listed }) => listed),
    }));
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) =>
      protocolErrors(async () => {
        const prompt = prompts.find(({ listed }) => listed.name === params.name);
        if (prompt === undefined) {
          const names = prompts.map(({ listed }) => listed.name).join(', ');
          const message = `There is no prompt "${params.name}". There are: ${names}.`;
          throw new MnemeshError('not_found', message);
        }
        return prompt.get(params.arguments ?? {}, sessions);
      }),
    );
  }

  let end: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    end = resolve;
  });
  server.onclose = () => end();
  server.onerror = (error) => runtime.log('warn', `MCP: ${error.message}`);
  const ended = gone.then(async () => {
    subscriptions.close();
    await sessions.close();
  });
  return {
    connect: (transport) => server.connect(transport),
    ended,
    close: async () => {
      await server.close();
      end();
      await ended;
    },
  };
}

/** Resource not found, as MCP numbers it. */
const RESOURCE_NOT_FOUND = -32002;

/** An error of the protocol. The SDK's own puts its number into the message too. */
class ProtocolError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const PROTOCOL_CODES: Readonly<Record<string, number>> = {
  not_found: RESOURCE_NOT_FOUND,
  bad_input: ErrorCode.InvalidParams,
};

/** Resources and prompts have no answer for a failure but an error of the protocol; it bears our code. */
async function protocolErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const parts = errorParts(error);
    const code = PROTOCOL_CODES[parts.code] ?? ErrorCode.InternalError;
    throw new ProtocolError(code, `${parts.code}: ${parts.message}`, parts);
  }
}
