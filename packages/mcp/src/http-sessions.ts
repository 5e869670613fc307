import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Cancel, MnemeshError, toHex } from '@mnemesh/protocol';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { mcpLimits } from './mcp-limits.js';
import { createMcpSession, type McpServerOptions, type McpSession } from './mcp-server.js';
import { type ProfileName, profileNames } from './profiles.js';

export interface HttpSessionsOptions extends Omit<McpServerOptions, 'open' | 'profiles'> {
  /** @param agent the one that the address named: `/mcp?agent=reviewer` */
  open(agent: string | undefined): McpServerOptions['open'];
}

interface HttpSession {
  readonly session: McpSession;
  readonly transport: StreamableHTTPServerTransport;
  /** Requests that are being answered, a stream of notifications among them. */
  open: number;
  cancelIdle: Cancel;
}

/**
 * MCP over streamable HTTP: one session for each client that initialized. Whoever mounts it lets only
 * requests of this machine through, and no page of another origin.
 */
export class HttpSessions {
  readonly #options: HttpSessionsOptions;
  readonly #sessions = new Map<string, HttpSession>();
  #beginning = 0;
  #closing: Promise<void> | undefined;

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  /** Answers one request to the path that this is mounted at. Never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const session = await this.#sessionOf(request);
      await this.#serve(session, request, response);
    } catch (error) {
      const { message, status } = refusal(error);
      this.#options.runtime.log('warn', `an MCP request was refused: ${message}`);
      refuse(response, status, message);
    }
  }

  /** Waits for what is being saved. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ session }) => session.close()));
  }

  async #sessionOf(request: IncomingMessage): Promise<HttpSession> {
    if (this.#closing !== undefined) throw new Refusal(503, 'This server is closing.');
    const id = request.headers['mcp-session-id'];
    if (id === undefined) return this.#begin(request);
    const known = this.#sessions.get(String(id));
    if (known === undefined)
      throw new Refusal(404, 'This MCP session is over. Begin another with initialize.');
    return known;
  }

  async #begin(request: IncomingMessage): Promise<HttpSession> {
    if (this.#sessions.size + this.#beginning >= mcpLimits.httpSessions) {
      throw new Refusal(
        503,
        `${mcpLimits.httpSessions} MCP sessions are open already. End one, or try again later.`,
      );
    }
    const { profiles, agent } = chosenBy(request);
    const { open, runtime, version } = this.#options;
    const session = createMcpSession({ open: open(agent), profiles, runtime, version });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => toHex(runtime.randomBytes(16)),
      maxRequestBodySize: mcpLimits.requestBytes,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, begun);
        session.ended.then(() => this.#sessions.delete(id), noted);
      },
    });
    const begun: HttpSession = { session, transport, open: 0, cancelIdle: noted };
    // Its accessors are what the SDK's own interface calls optional members.
    await session.connect(transport as Transport);
    return begun;
  }

  async #serve(
    session: HttpSession,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { transport } = session;
    const isNew = transport.sessionId === undefined;
    if (isNew) this.#beginning += 1;
    session.open += 1;
    session.cancelIdle();
    response.once('close', () => this.#answered(session));
    try {
      await transport.handleRequest(request, response);
    } finally {
      if (isNew) this.#beginning -= 1;
    }
    // What did not initialize is no session, and was told so.
    if (transport.sessionId === undefined) await session.session.close();
  }

  #answered(session: HttpSession): void {
    session.open -= 1;
    if (session.open > 0) return;
    const { runtime } = this.#options;
    session.cancelIdle();
    session.cancelIdle = runtime.after(mcpLimits.httpIdleMs, () => {
      session.session.close().catch((error: unknown) => {
        runtime.log('warn', 'an idle MCP session did not end well', { error: String(error) });
      });
    });
  }
}

/** `?profile=team,memory&agent=reviewer`. @throws MnemeshError `bad_input` */
function chosenBy(request: IncomingMessage): {
  readonly profiles: readonly ProfileName[];
  readonly agent: string | undefined;
} {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const words = (searchParams.get('profile') ?? 'default').split(',');
  const profiles = words.map((word) => {
    const name = profileNames.find((one) => one === word);
    if (name !== undefined) return name;
    throw new MnemeshError(
      'bad_input',
      `There is no profile "${word}". There are: ${profileNames.join(', ')}.`,
    );
  });
  return { profiles, agent: searchParams.get('agent') ?? undefined };
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function refusal(error: unknown): { readonly message: string; readonly status: number } {
  if (error instanceof Refusal) return error;
  if (error instanceof MnemeshError) return { message: error.message, status: 400 };
  return { message: `The request could not be answered: ${String(error)}`, status: 500 };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }));
}

function noted(): void {}
