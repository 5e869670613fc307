import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  agentFromSeed,
  type Mesh,
  Replica,
  type ReplicaStoreOpener,
  sessionOf,
} from '@mnemesh/core';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished } from 'vitest';
import {
  agentOfClient,
  createMcpSession,
  ERROR_META,
  type McpServerOptions,
  type OpenSession,
  type ProfileName,
} from '../src/index.js';

const runtime = nodeRuntime();

/** A directory that goes away with the test. */
export async function temporaryPlace(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'mnemesh-mcp-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  return place;
}

/** A replica that MCP clients connect to, closed with the test. */
export class Place {
  readonly replica: Replica;

  private constructor(replica: Replica) {
    this.replica = replica;
  }

  static async open(store?: ReplicaStoreOpener): Promise<Place> {
    const replica = await Replica.open({
      mesh: 'team',
      store: store ?? openSqliteStore({ directory: await temporaryPlace(), runtime }),
      runtime,
      signatures: nodeSignatures,
      recall: lexicalRecall(),
    });
    onTestFinished(() => replica.close());
    return new Place(replica);
  }

  /** A session of the agent of this name, which leaves the replica open. */
  async session(name: string): Promise<Mesh> {
    const seed = new TextEncoder().encode(name.padEnd(32).slice(0, 32));
    const mesh = sessionOf(this.replica, await agentFromSeed(nodeSignatures, name, seed));
    return Object.defineProperty(mesh, 'close', { value: async () => undefined });
  }

  readonly opens: OpenSession = ({ name }) => this.session(agentOfClient(name));

  /** A client that has read what tools there are, so that it checks their answers. */
  async connect(name: string, profiles: readonly ProfileName[] = ['default']): Promise<Client> {
    return connected(name, { open: this.opens, profiles });
  }
}

export async function connected(
  name: string,
  options: Pick<McpServerOptions, 'open'> & Partial<McpServerOptions>,
): Promise<Client> {
  const session = createMcpSession({ version: '1.0.0', runtime, ...options });
  const client = new Client({ name, version: '1.0.0' });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await session.connect(ours);
  await client.connect(theirs);
  onTestFinished(() => session.close());
  await client.listTools();
  return client;
}

/** What a tool gives programs. Fails when it answers with an error. */
export async function call<T = Record<string, unknown>>(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<T> {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
  expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
  return result.structuredContent as T;
}

/** What a tool says to a model. */
export async function textOf(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  const { content } = (await client.callTool({ name, arguments: args })) as CallToolResult;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** The code and text of the error that a tool answers with. */
export async function failing(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<{ readonly code: string; readonly text: string; readonly retryable: boolean }> {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
  expect(result.isError, JSON.stringify(result.structuredContent)).toBe(true);
  const [content] = result.content;
  const meta = result._meta?.[ERROR_META];
  const { code, retryable } = (meta ?? {}) as { code: string; retryable: boolean };
  const text = content?.type === 'text' ? content.text : '';
  expect(text).toContain(code);
  return { code, text, retryable };
}

export interface Remembered {
  readonly id: string;
  readonly uri: string;
  readonly confirmed: boolean;
  readonly similar: readonly { readonly id: string }[];
  readonly conflicts: readonly {
    readonly id: string;
    readonly values: readonly { readonly value: string; readonly record?: string }[];
  }[];
}

export const remember = (client: Client, args: Record<string, unknown>): Promise<Remembered> =>
  call<Remembered>(client, 'remember', args);
