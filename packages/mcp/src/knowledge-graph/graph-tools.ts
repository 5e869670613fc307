import * as v from 'valibot';
import { text } from '../schemas.js';
import { defineTool, type Tool, type ToolHints } from '../tool.js';
import type { ToolSession } from '../tool-session.js';
import { GRAPH_NAMESPACE } from './graph-items.js';
import { KnowledgeGraph } from './knowledge-graph.js';

// Names, arguments, answers and hints are those of @modelcontextprotocol/server-memory, so that a client
// that used it goes on without a change. Arguments it does not know are passed over there, and here.

const entity = v.object({
  name: text('The name of the entity'),
  entityType: text('The type of the entity'),
  observations: v.pipe(
    v.array(v.string()),
    v.description('An array of observation contents associated with the entity'),
  ),
});

const relation = v.object({
  from: text('The name of the entity where the relation starts'),
  to: text('The name of the entity where the relation ends'),
  relationType: text('The type of the relation'),
});

const graph = v.object({ entities: v.array(entity), relations: v.array(relation) });
const done = v.object({ success: v.boolean(), message: v.string() });

const adds: ToolHints = { readOnly: false, destructive: false, idempotent: false };
const deletes: ToolHints = { readOnly: false, destructive: true, idempotent: true };
const reads: ToolHints = { readOnly: true, destructive: false, idempotent: true };

async function graphOfSession(session: ToolSession): Promise<KnowledgeGraph> {
  return new KnowledgeGraph((await session.acting()).memory.in(GRAPH_NAMESPACE));
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

const createEntities = defineTool({
  name: 'create_entities',
  title: 'Create Entities',
  description: 'Create multiple new entities in the knowledge graph',
  hints: adds,
  input: v.object({ entities: v.array(entity) }),
  output: v.object({ entities: v.array(entity) }),
  run: async ({ entities }, session) => {
    const created = await (await graphOfSession(session)).createEntities(entities);
    const copies = created.map((one) => ({ ...one, observations: [...one.observations] }));
    return { text: pretty(copies), data: { entities: copies } };
  },
});

const createRelations = defineTool({
  name: 'create_relations',
  title: 'Create Relations',
  description:
    'Create multiple new relations between entities in the knowledge graph. Relations should be in active voice',
  hints: adds,
  input: v.object({ relations: v.array(relation) }),
  output: v.object({ relations: v.array(relation) }),
  run: async ({ relations }, session) => {
    const created = [...(await (await graphOfSession(session)).createRelations(relations))];
    return { text: pretty(created), data: { relations: created } };
  },
});

const addObservations = defineTool({
  name: 'add_observations',
  title: 'Add Observations',
  description: 'Add new observations to existing entities in the knowledge graph',
  hints: adds,
  input: v.object({
    observations: v.array(
      v.object({
        entityName: text('The name of the entity to add the observations to'),
        contents: v.pipe(
          v.array(v.string()),
          v.description('An array of observation contents to add'),
        ),
      }),
    ),
  }),
  output: v.object({
    results: v.array(v.object({ entityName: v.string(), addedObservations: v.array(v.string()) })),
  }),
  run: async ({ observations }, session) => {
    const results = [...(await (await graphOfSession(session)).addObservations(observations))];
    return { text: pretty(results), data: { results } };
  },
});

const deleteEntities = defineTool({
  name: 'delete_entities',
  title: 'Delete Entities',
  description: 'Delete multiple entities and their associated relations from the knowledge graph',
  hints: deletes,
  input: v.object({
    entityNames: v.pipe(v.array(v.string()), v.description('An array of entity names to delete')),
  }),
  output: done,
  run: async ({ entityNames }, session) => {
    await (await graphOfSession(session)).deleteEntities(entityNames);
    return deleted('Entities');
  },
});

const deleteObservations = defineTool({
  name: 'delete_observations',
  title: 'Delete Observations',
  description: 'Delete specific observations from entities in the knowledge graph',
  hints: deletes,
  input: v.object({
    deletions: v.array(
      v.object({
        entityName: text('The name of the entity containing the observations'),
        observations: v.pipe(
          v.array(v.string()),
          v.description('An array of observations to delete'),
        ),
      }),
    ),
  }),
  output: done,
  run: async ({ deletions }, session) => {
    await (await graphOfSession(session)).deleteObservations(deletions);
    return deleted('Observations');
  },
});

const deleteRelations = defineTool({
  name: 'delete_relations',
  title: 'Delete Relations',
  description: 'Delete multiple relations from the knowledge graph',
  hints: deletes,
  input: v.object({
    relations: v.pipe(v.array(relation), v.description('An array of relations to delete')),
  }),
  output: done,
  run: async ({ relations }, session) => {
    await (await graphOfSession(session)).deleteRelations(relations);
    return deleted('Relations');
  },
});

const readGraph = defineTool({
  name: 'read_graph',
  title: 'Read Graph',
  description: 'Read the entire knowledge graph',
  hints: reads,
  input: v.object({}),
  output: graph,
  run: async (_, session) => answered(await (await graphOfSession(session)).read()),
});

const searchNodes = defineTool({
  name: 'search_nodes',
  title: 'Search Nodes',
  description: 'Search for nodes in the knowledge graph based on a query',
  hints: reads,
  input: v.object({
    query: text('The search query to match against entity names, types, and observation content'),
  }),
  output: graph,
  run: async ({ query }, session) => answered(await (await graphOfSession(session)).search(query)),
});

const openNodes = defineTool({
  name: 'open_nodes',
  title: 'Open Nodes',
  description: 'Open specific nodes in the knowledge graph by their names',
  hints: reads,
  input: v.object({
    names: v.pipe(v.array(v.string()), v.description('An array of entity names to retrieve')),
  }),
  output: graph,
  run: async ({ names }, session) => answered(await (await graphOfSession(session)).open(names)),
});

/** In the official server's order. */
export const graphTools: readonly Tool[] = [
  createEntities,
  createRelations,
  addObservations,
  deleteEntities,
  deleteObservations,
  deleteRelations,
  readGraph,
  searchNodes,
  openNodes,
];

function deleted(what: string) {
  const message = `${what} deleted successfully`;
  return { text: message, data: { success: true, message } };
}

function answered(found: v.InferInput<typeof graph> | Awaited<ReturnType<KnowledgeGraph['read']>>) {
  const data = found as v.InferInput<typeof graph>;
  return { text: pretty(data), data };
}
