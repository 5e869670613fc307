import { describe, expect, test } from 'vitest';
import { agentOfClient, createMcpSession } from '../src/index.js';
import { call, Place } from './connected.js';

const DEFAULT = [
  'remember',
  'recall',
  'get_memory',
  'context',
  'forget',
  'task_create',
  'task_list',
  'task_claim',
  'task_update',
];
const TEAM = [
  'resolve_conflict',
  'message_send',
  'message_inbox',
  'presence',
  'sync_status',
  'document_read',
  'document_write',
];
const MEMORY = [
  'create_entities',
  'create_relations',
  'add_observations',
  'delete_entities',
  'delete_observations',
  'delete_relations',
  'read_graph',
  'search_nodes',
  'open_nodes',
];

describe('a profile', () => {
  test('offers its tools, always in the same order, and several profiles together theirs', async () => {
    const place = await Place.open();
    const names = async (...profiles: Parameters<typeof place.connect>[1] & object) =>
      (await (await place.connect('a', profiles)).listTools()).tools.map(({ name }) => name);
    expect(await names('default')).toEqual(DEFAULT);
    expect(await names('team')).toEqual([...DEFAULT, ...TEAM]);
    expect(await names('memory')).toEqual(MEMORY);
    expect(await names('default', 'memory')).toEqual([...DEFAULT, ...MEMORY]);
    expect(await names('default', 'team')).toEqual([...DEFAULT, ...TEAM]);
  });

  test('says of every tool what it does to the memory, and what it answers', async () => {
    const place = await Place.open();
    const client = await place.connect('a', ['team', 'memory']);
    const { tools } = await client.listTools();
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true);
    expect(
      tools.filter(({ annotations }) => annotations?.destructiveHint).map(({ name }) => name),
    ).toEqual(['forget', 'delete_entities', 'delete_observations', 'delete_relations']);
    expect(changing.map(({ name }) => name)).not.toContain('recall');
    for (const { title, description, inputSchema, outputSchema, annotations } of tools) {
      expect(title).toBeTruthy();
      expect(description).toBeTruthy();
      expect(inputSchema.type).toBe('object');
      expect(outputSchema?.type).toBe('object');
      expect(annotations).toMatchObject({ openWorldHint: false });
    }
  });

  test('costs a model few tokens', async () => {
    const place = await Place.open();
    const { tools } = await (await place.connect('a')).listTools();
    const seen = tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    }));
    expect(JSON.stringify(seen).length / 4).toBeLessThan(2_500);
  });
});

test('a client acts as an agent named after it; clients of one name are one agent', async () => {
  expect(agentOfClient('Claude Code')).toBe('claude-code');
  expect(agentOfClient('../../etc/x')).toBe('etc-x');
  expect(agentOfClient('Überblick 🦀')).toBe('u-berblick');
  expect(agentOfClient('')).toBe('mcp-client');
  expect(agentOfClient('x'.repeat(200))).toHaveLength(64);

  const place = await Place.open();
  for (const name of ['Claude Code', 'Claude Code', 'Cursor'])
    await call(await place.connect(name), 'remember', { content: `by ${name}` });
  const agents = await (await place.session('reader')).agents();
  expect(agents.map(({ name }) => name).sort()).toEqual(['claude-code', 'cursor']);
});

test('a session ends when its client goes, and closes what it opened', async () => {
  const place = await Place.open();
  let closed = 0;
  const { InMemoryTransport } = await import('@modelcontextprotocol/sdk/inMemory.js');
  const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
  const session = createMcpSession({
    open: async (client) => {
      const mesh = await place.opens(client);
      return Object.defineProperty(mesh, 'close', {
        value: async () => {
          closed += 1;
        },
      });
    },
    version: '1.0.0',
    runtime: place.replica.runtime,
  });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await session.connect(ours);
  const client = new Client({ name: 'a', version: '1' });
  await client.connect(theirs);
  await call(client, 'task_list');
  await client.listResources();
  await client.close();
  await session.ended;
  expect(closed).toBe(2);
  await session.close();
  expect(closed).toBe(2);
});
