import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { mcpLimits } from './mcp-limits.js';
import { createMcpSession, type McpServerOptions } from './mcp-server.js';

export interface StdioOptions extends McpServerOptions {
  readonly input: Readable;
  readonly output: Writable;
}

export interface ServedStdio {
  /** Resolves when the client closed our input, or can hear us no more, and what it began is saved. */
  readonly ended: Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Serves the client that started this process. Only messages of the protocol go to `output`. */
export async function serveStdio({
  input,
  output,
  ...options
}: StdioOptions): Promise<ServedStdio> {
  const session = createMcpSession(options);
  const close = (): void => {
    session.close().catch((error: unknown) => {
      options.runtime.log('error', 'the MCP session did not end well', { error: String(error) });
    });
  };
  // The SDK's transport listens to neither.
  input.once('end', close).once('close', close);
  output.on('error', close);
  await session.connect(
    new StdioServerTransport(input, output, { maxBufferSize: mcpLimits.stdioBytes }),
  );
  return { ended: session.ended, close: () => session.close() };
}
