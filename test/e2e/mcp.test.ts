import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  emptied,
  memoryBehaviours,
  type ServerCommand,
  startedClient,
  toolsOf,
} from '@mnemesh/mcp-clients';
import { findHolder, openAgent } from '@mnemesh/open-mesh';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryDirectory } from '../integration/place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const BIN = fileURLToPath(new URL('../../apps/cli/bin/mnemesh.js', import.meta.url));
const MESH = 'team';

/** A data directory whose holder ends with the test. */
async function place(): Promise<string> {
  const data = await temporaryDirectory();
  onTestFinished(async () => {
    const found = await findHolder(data, MESH);
    if (found.state === 'alive') process.kill(found.report.pid, 'SIGKILL');
  });
  return data;
}

function command(data: string, ...options: readonly string[]): ServerCommand {
  const env = { MNEMESH_DATA: data, MNEMESH_MESH: MESH, MNEMESH_RELAY: 'none' };
  return { command: process.execPath, args: [BIN, 'mcp', ...options], env };
}

async function overStdio(
  name: string,
  data: string,
  ...options: readonly string[]
): Promise<Client> {
  const client = await startedClient(name, command(data, ...options));
  onTestFinished(() => client.close());
  return client;
}

/** `mnemesh serve`, and where it serves MCP. */
async function served(data: string): Promise<string> {
  const child = spawn(process.execPath, [BIN, 'serve', '--json', '--port', '0'], {
    env: { ...process.env, MNEMESH_DATA: data, MNEMESH_MESH: MESH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  const { url } = JSON.parse(value as string) as { url: string };
  return `${url.replace(/^ws/, 'http')}/mcp`;
}

async function overHttp(name: string, url: string): Promise<Client> {
  const client = new Client({ name, version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Transport);
  onTestFinished(() => client.close());
  return client;
}

/** What of an answer later calls need. */
interface Answer {
  readonly id?: string;
  readonly task?: { readonly id: string };
  readonly conflicts?: readonly { readonly id: string }[];
}

type Answers = Readonly<Record<string, Record<string, unknown>>>;

/** Calls every tool once, each with arguments that make sense, and gives what they answered. */
async function callAll(client: Client): Promise<Answers> {
  const answers: Record<string, Record<string, unknown>> = {};
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Answer> => {
    const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
    expect(result.isError, `${name}: ${JSON.stringify(result.content)}`).not.toBe(true);
    const answer = result.structuredContent as Record<string, unknown>;
    answers[name] = answer;
    return answer;
  };
  const { id, conflicts } = await call('remember', {
    content: 'The build needs Node 20.19',
    topic: 'build',
  });
  await call('recall', { query: 'node build' });
  await call('get_memory', { ids: [id] });
  await call('context');
  const { task } = await call('task_create', { title: 'Mend the roof' });
  await call('task_list');
  await call('task_claim', { id: task?.id });
  await call('task_update', {
    id: task?.id,
    state: 'completed',
    result: 'done',
  });
  await call('resolve_conflict', { id: conflicts?.[0]?.id, keep: id, reason: 'measured' });
  await call('forget', { id });
  await call('message_send', { to: 'other', content: 'hello' });
  await call('message_inbox');
  await call('presence');
  await call('sync_status');
  const document = await call('document_write', { title: 'Minutes', text: 'We met.' });
  await call('document_read', { id: document.id });
  await call('create_entities', {
    entities: [{ name: 'Ada', entityType: 'person', observations: ['x'] }],
  });
  await call('create_relations', { relations: [{ from: 'Ada', to: 'Ada', relationType: 'is' }] });
  await call('add_observations', { observations: [{ entityName: 'Ada', contents: ['y'] }] });
  await call('read_graph');
  await call('search_nodes', { query: 'ada' });
  await call('open_nodes', { names: ['Ada'] });
  await call('delete_observations', { deletions: [{ entityName: 'Ada', observations: ['y'] }] });
  await call('delete_relations', { relations: [{ from: 'Ada', to: 'Ada', relationType: 'is' }] });
  await call('delete_entities', { entityNames: ['Ada'] });
  return answers;
}

describe('every tool, resource and prompt', () => {
  const TOOLS = 25;

  test.each(['stdio', 'http'])('is listed and called over %s', async (way) => {
    const data = await place();
    const profiles = 'team,memory';
    const url = way === 'http' ? await served(data) : '';
    const open = (name: string): Promise<Client> =>
      way === 'http'
        ? overHttp(name, `${url}?profile=${profiles}`)
        : overStdio(name, data, '--profile', profiles);
    const other = await open('other');
    await other.callTool({
      name: 'remember',
      arguments: { content: 'The build needs Node 18', topic: 'build' },
    });
    const client = await open('Claude Code');

    const { tools } = await client.listTools();
    expect(tools).toHaveLength(TOOLS);
    const answers = await callAll(client);
    expect(Object.keys(answers).sort()).toEqual(tools.map(({ name }) => name).sort());

    const { resources } = await client.listResources();
    for (const { uri } of resources)
      expect((await client.readResource({ uri })).contents).toHaveLength(1);
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(3);
    for (const { name } of (await client.listPrompts()).prompts)
      expect((await client.getPrompt({ name })).messages).toHaveLength(1);

    // Two clients are two agents that share one memory.
    const { messages } = (await other.callTool({ name: 'message_inbox', arguments: {} }))
      .structuredContent as { messages: readonly { from: string }[] };
    expect(messages).toMatchObject([{ from: 'claude-code', content: 'hello' }]);
  });
});

test('nothing but messages of the protocol goes to standard output, whatever comes in', async () => {
  const data = await place();
  const { command: node, args, env } = command(data);
  const child = spawn(node, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const messages = [
    'no json',
    '{"jsonrpc":"2.0"}',
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'raw', version: '1' },
      },
    }),
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","id":2,"method":"no/such"}',
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"task_list"}}',
    '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":7}}',
  ];
  child.stdin.write(`${messages.join('\n')}\n`);
  // What was asked is answered before the end of the input ends the server.
  await new Promise<void>((resolve) => {
    child.stdout.on('data', () => {
      if (/"id":3\b/.test(out) && /"id":4\b/.test(out)) resolve();
    });
  });
  child.stdin.end();
  expect(await closed).toBe(0);
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { jsonrpc: string; id: number; error?: object });
  expect(answers.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4]);
  for (const { id, jsonrpc, error } of answers) {
    expect(jsonrpc).toBe('2.0');
    expect(error === undefined).toBe(id === 1 || id === 3);
  }
});

test('no client acts under the key of a person', async () => {
  const data = await place();
  await openAgent(data, 'ann', 'human');
  const client = await overStdio('x', data, '--agent', 'ann');
  const result = (await client.callTool({ name: 'task_list', arguments: {} })) as CallToolResult;
  expect(result.isError).toBe(true);
  expect(JSON.stringify(result.content)).toContain('not_permitted');
});

test('a server over HTTP answers only programs and pages of this machine', async () => {
  const url = new URL(await served(await place()));
  const statusOf = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { hostname, port, pathname: path } = url;
      const asked = request({ host: hostname, port, path, method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.once('error', reject).end('{}');
    });
  expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
  expect(await statusOf({ host: 'evil.example' })).toBe(403);
  expect(await statusOf({ origin: 'null' })).toBe(403);
  expect(await statusOf({ origin: `http://localhost:${url.port}` })).not.toBe(403);
  expect(await statusOf({ 'mcp-session-id': 'unknown' })).toBe(404);
});

describe('the profile of the official memory server', () => {
  test('does what that server documents', async () => {
    const client = await overStdio('client', await place(), '--profile', 'memory');
    for (const { title, check } of memoryBehaviours) {
      await emptied(client);
      try {
        await check(client);
      } catch (error) {
        throw new Error(`${title}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  test('lists the tools that it lists, word for word', async () => {
    const client = await overStdio('client', await place(), '--profile', 'memory');
    expect(await toolsOf(client)).toMatchSnapshot();
  });
});
