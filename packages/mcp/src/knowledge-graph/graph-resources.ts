import { type ResourceSet, unknownResource } from '../resources/resource-set.js';
import { GRAPH_NAMESPACE } from './graph-items.js';
import { KnowledgeGraph } from './knowledge-graph.js';

const GRAPH_URI = 'memory://knowledge-graph';
const MIME_TYPE = 'application/json';

/** The one resource of the official memory server. Subscribers are told of everybody's changes, not of their own process's alone. */
export const graphResources: ResourceSet = {
  templates: [],
  has: (uri) => uri.startsWith('memory://'),
  list: async () => [
    {
      uri: GRAPH_URI,
      name: 'knowledge-graph',
      title: 'Knowledge Graph',
      description: 'The full knowledge graph with all entities and relations',
      mimeType: MIME_TYPE,
    },
  ],
  read: async (uri, session) => {
    if (uri !== GRAPH_URI) throw unknownResource(uri, [GRAPH_URI]);
    const graph = new KnowledgeGraph((await session.acting()).memory.in(GRAPH_NAMESPACE));
    return { uri, mimeType: MIME_TYPE, text: JSON.stringify(await graph.read(), null, 2) };
  },
  watch: async (uri, mesh, changed) => {
    if (uri !== GRAPH_URI) throw unknownResource(uri, [GRAPH_URI]);
    return mesh.memory.in(GRAPH_NAMESPACE).watch(changed);
  },
};
