import assert from 'node:assert/strict';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  type CallToolResult,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

/** One thing that the official memory server documents or does, checked through a client. Each begins with an empty graph. */
export interface Behaviour {
  readonly title: string;
  check(client: Client): Promise<void>;
}

const ADA = { name: 'Ada', entityType: 'person', observations: ['speaks French', 'likes tea'] };
const ACME = { name: 'Acme', entityType: 'company', observations: ['makes anvils'] };
const WORKS = { from: 'Ada', to: 'Acme', relationType: 'works_at' };
const KNOWS = { from: 'Ada', to: 'Bob', relationType: 'knows' };

async function call(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
  assert.notEqual(result.isError, true, JSON.stringify(result.content));
  const [content] = result.content;
  assert.equal(content?.type, 'text');
  return result.structuredContent as Record<string, unknown>;
}

async function failing(
  client: Client,
  name: string,
  args: Record<string, unknown>,
): Promise<string> {
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult;
  assert.equal(result.isError, true);
  const [content] = result.content;
  return content?.type === 'text' ? content.text : '';
}

const graph = (client: Client) => call(client, 'read_graph');

/** The client, when its server's graph has nothing left. */
export async function emptied(client: Client): Promise<Client> {
  const { entities, relations } = (await graph(client)) as {
    readonly entities: readonly { readonly name: string }[];
    readonly relations: readonly object[];
  };
  await call(client, 'delete_entities', { entityNames: entities.map(({ name }) => name) });
  await call(client, 'delete_relations', { relations });
  return client;
}

export const memoryBehaviours: readonly Behaviour[] = [
  {
    title: 'an empty graph has no entities and no relations',
    check: async (client) => {
      assert.deepEqual(await graph(client), { entities: [], relations: [] });
    },
  },
  {
    title: 'create_entities gives those that are new, and ignores names that exist',
    check: async (client) => {
      assert.deepEqual(await call(client, 'create_entities', { entities: [ADA, ACME] }), {
        entities: [ADA, ACME],
      });
      const other = { ...ADA, entityType: 'robot', observations: ['beeps'] };
      assert.deepEqual(await call(client, 'create_entities', { entities: [other] }), {
        entities: [],
      });
      assert.deepEqual(await graph(client), { entities: [ADA, ACME], relations: [] });
    },
  },
  {
    title: 'its text is the new entities as JSON',
    check: async (client) => {
      const result = (await client.callTool({
        name: 'create_entities',
        arguments: { entities: [ADA] },
      })) as CallToolResult;
      assert.deepEqual(result.content, [{ type: 'text', text: JSON.stringify([ADA], null, 2) }]);
    },
  },
  {
    title: 'create_relations gives those that are new, skips duplicates, and asks for no entities',
    check: async (client) => {
      assert.deepEqual(await call(client, 'create_relations', { relations: [WORKS, KNOWS] }), {
        relations: [WORKS, KNOWS],
      });
      assert.deepEqual(await call(client, 'create_relations', { relations: [KNOWS] }), {
        relations: [],
      });
      assert.deepEqual(await graph(client), { entities: [], relations: [WORKS, KNOWS] });
    },
  },
  {
    title: 'add_observations gives those that were added to each entity',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA] });
      const contents = ['likes tea', 'wrote programs'];
      assert.deepEqual(
        await call(client, 'add_observations', { observations: [{ entityName: 'Ada', contents }] }),
        { results: [{ entityName: 'Ada', addedObservations: ['wrote programs'] }] },
      );
      const observations = [...ADA.observations, 'wrote programs'];
      assert.deepEqual(await graph(client), {
        entities: [{ ...ADA, observations }],
        relations: [],
      });
    },
  },
  {
    title: 'add_observations fails for an entity that does not exist, and adds nothing',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA] });
      const text = await failing(client, 'add_observations', {
        observations: [
          { entityName: 'Ada', contents: ['is here'] },
          { entityName: 'Nobody', contents: ['is not'] },
        ],
      });
      assert.match(text, /Entity with name Nobody not found/);
      assert.deepEqual(await graph(client), { entities: [ADA], relations: [] });
    },
  },
  {
    title: 'delete_entities takes their relations along, and is silent about others',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA, ACME] });
      await call(client, 'create_relations', { relations: [WORKS, KNOWS] });
      assert.deepEqual(await call(client, 'delete_entities', { entityNames: ['Acme', 'Nobody'] }), {
        success: true,
        message: 'Entities deleted successfully',
      });
      assert.deepEqual(await graph(client), { entities: [ADA], relations: [KNOWS] });
    },
  },
  {
    title: 'what was deleted can be created anew, without what it had',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA] });
      await call(client, 'delete_entities', { entityNames: ['Ada'] });
      const again = { ...ADA, entityType: 'author', observations: ['likes tea'] };
      assert.deepEqual(await call(client, 'create_entities', { entities: [again] }), {
        entities: [again],
      });
      await call(client, 'add_observations', {
        observations: [{ entityName: 'Ada', contents: ['is back'] }],
      });
      await call(client, 'delete_observations', {
        deletions: [{ entityName: 'Ada', observations: ['is back'] }],
      });
      await call(client, 'add_observations', {
        observations: [{ entityName: 'Ada', contents: ['is back'] }],
      });
      assert.deepEqual(await graph(client), {
        entities: [{ ...again, observations: ['likes tea', 'is back'] }],
        relations: [],
      });
    },
  },
  {
    title: 'delete_observations removes those, and is silent about others',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA] });
      const deletions = [
        { entityName: 'Ada', observations: ['likes tea', 'flies'] },
        { entityName: 'Nobody', observations: ['is'] },
      ];
      assert.deepEqual(await call(client, 'delete_observations', { deletions }), {
        success: true,
        message: 'Observations deleted successfully',
      });
      assert.deepEqual(await graph(client), {
        entities: [{ ...ADA, observations: ['speaks French'] }],
        relations: [],
      });
    },
  },
  {
    title: 'delete_relations removes those, and is silent about others',
    check: async (client) => {
      await call(client, 'create_relations', { relations: [WORKS, KNOWS] });
      const other = { ...WORKS, relationType: 'left' };
      assert.deepEqual(await call(client, 'delete_relations', { relations: [WORKS, other] }), {
        success: true,
        message: 'Relations deleted successfully',
      });
      assert.deepEqual(await graph(client), { entities: [], relations: [KNOWS] });
      assert.deepEqual(await call(client, 'create_relations', { relations: [WORKS] }), {
        relations: [WORKS],
      });
    },
  },
  {
    title:
      'search_nodes looks at names, types and observations, in any case, and gives the relations that touch',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA, ACME] });
      await call(client, 'create_relations', { relations: [WORKS, KNOWS] });
      for (const query of ['ada', 'PERSON', 'french'])
        assert.deepEqual(await call(client, 'search_nodes', { query }), {
          entities: [ADA],
          relations: [WORKS, KNOWS],
        });
      assert.deepEqual(await call(client, 'search_nodes', { query: 'anvil' }), {
        entities: [ACME],
        relations: [WORKS],
      });
      assert.deepEqual(await call(client, 'search_nodes', { query: 'nothing of this' }), {
        entities: [],
        relations: [],
      });
    },
  },
  {
    title: 'open_nodes gives the named ones with the relations that touch them, and skips others',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA, ACME] });
      await call(client, 'create_relations', { relations: [WORKS, KNOWS] });
      assert.deepEqual(await call(client, 'open_nodes', { names: ['Acme', 'Nobody'] }), {
        entities: [ACME],
        relations: [WORKS],
      });
    },
  },
  {
    title: 'the graph is a resource, of the shape of read_graph',
    check: async (client) => {
      await call(client, 'create_entities', { entities: [ADA] });
      const { resources } = await client.listResources();
      assert.deepEqual(
        resources.map(({ uri, name, mimeType }) => ({ uri, name, mimeType })),
        [
          {
            uri: 'memory://knowledge-graph',
            name: 'knowledge-graph',
            mimeType: 'application/json',
          },
        ],
      );
      const { contents } = await client.readResource({ uri: 'memory://knowledge-graph' });
      const [content] = contents;
      assert.ok(content !== undefined && 'text' in content);
      assert.deepEqual(JSON.parse(content.text as string), { entities: [ADA], relations: [] });
    },
  },
  {
    title: 'subscribers are told when the graph changes',
    check: async (client) => {
      const told = new Promise<string>((resolve) => {
        client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
          resolve(params.uri),
        );
      });
      await client.subscribeResource({ uri: 'memory://knowledge-graph' });
      await call(client, 'create_entities', { entities: [ADA] });
      assert.equal(await told, 'memory://knowledge-graph');
    },
  },
  {
    title: 'texts of any kind are kept as they are',
    check: async (client) => {
      const odd = {
        name: 'a\\nb\nc "quoted" \u{1f980}',
        entityType: 'two\nlines',
        observations: ['', ' ', 'line\nline', '\\'],
      };
      const relation = { from: odd.name, to: 'x\ny', relationType: 'is\\of' };
      await call(client, 'create_entities', { entities: [odd] });
      await call(client, 'create_relations', { relations: [relation] });
      assert.deepEqual(await graph(client), { entities: [odd], relations: [relation] });
    },
  },
  {
    title: 'arguments that are not right are an error of the tool',
    check: async (client) => {
      assert.match(
        await failing(client, 'create_entities', { entities: [{ name: 'Ada' }] }),
        /entityType/,
      );
      assert.match(await failing(client, 'open_nodes', {}), /names/);
    },
  },
];

/** What a server says of its tools, in an order of its own: names, arguments, answers, hints. */
export async function toolsOf(client: Client): Promise<readonly unknown[]> {
  const { tools } = await client.listTools();
  return tools.map(({ name, title, description, inputSchema, outputSchema, annotations }) => ({
    name,
    title,
    description,
    inputSchema: shapeOf(inputSchema),
    outputSchema: shapeOf(outputSchema),
    readOnlyHint: annotations?.readOnlyHint,
    destructiveHint: annotations?.destructiveHint,
    idempotentHint: annotations?.idempotentHint,
    openWorldHint: annotations?.openWorldHint,
  }));
}

/** A JSON schema without what says the same in other words. */
function shapeOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(shapeOf);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(
        ([key, value]) =>
          key !== '$schema' &&
          key !== 'additionalProperties' &&
          !(key === 'required' && (value as unknown[]).length === 0),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, shapeOf(value)]),
  );
}
