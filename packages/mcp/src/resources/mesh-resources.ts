import type { Mesh } from '@mnemesh/core';
import type { Resource } from '@modelcontextprotocol/sdk/types.js';
import { cut } from '../answer-text.js';
import { conflictAnswer } from '../conflict-answer.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseRecordName, uriOf } from '../record-name.js';
import type { ToolSession } from '../tool-session.js';
import { watchContext } from './context-watch.js';
import { watchNamespace } from './namespace-watch.js';
import type { ResourceContent, ResourceSet } from './resource-set.js';

const JSON_TYPE = 'application/json';

/** A resource with an address of its own. */
interface FixedResource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  text(mesh: Mesh): Promise<string>;
  watch(mesh: Mesh, changed: () => void): Promise<() => void>;
}

const fixed: readonly FixedResource[] = [
  {
    uri: 'mnemesh://context',
    name: 'context',
    title: 'Context',
    description: 'What to know when a session starts',
    mimeType: 'text/markdown',
    text: async (mesh) => (await mesh.context({ budgetTokens: mcpLimits.contextTokens })).text,
    watch: watchContext,
  },
  {
    uri: 'mnemesh://conflicts',
    name: 'conflicts',
    title: 'Conflicts',
    description: 'What was written without knowledge of each other, and is not settled',
    mimeType: JSON_TYPE,
    text: async (mesh) => {
      const [conflicts, nameOf] = await Promise.all([mesh.conflicts.list(), agentNames(mesh)]);
      return pretty(conflicts.map((conflict) => conflictAnswer(conflict, nameOf)));
    },
    watch: async (mesh, changed) => mesh.conflicts.watch(changed),
  },
  {
    uri: 'mnemesh://tasks',
    name: 'tasks',
    title: 'Tasks',
    description: 'The newest tasks of the mesh',
    mimeType: JSON_TYPE,
    text: async (mesh) => pretty(await mesh.tasks.list({ limit: mcpLimits.listed })),
    watch: async (mesh, changed) => mesh.tasks.watch(changed),
  },
  {
    uri: 'mnemesh://memory',
    name: 'memory',
    title: 'Memory',
    description: 'The newest memory items of the mesh',
    mimeType: JSON_TYPE,
    text: async (mesh) => pretty(await mesh.memory.list({ limit: mcpLimits.listedResources })),
    watch: async (mesh, changed) => mesh.memory.watch(changed),
  },
];

/** Records and what is made of them, under `mnemesh://`. */
export const meshResources: ResourceSet = {
  templates: [
    {
      uriTemplate: 'mnemesh://shared/memory/{id}',
      name: 'memory-item',
      title: 'Memory item',
      description: 'A memory item, by its id',
      mimeType: JSON_TYPE,
    },
    {
      uriTemplate: 'mnemesh://shared/tasks/{id}',
      name: 'task',
      title: 'Task',
      description: 'A task, by its id',
      mimeType: JSON_TYPE,
    },
    {
      uriTemplate: 'mnemesh://{+namespace}/{id}',
      name: 'record',
      title: 'Record',
      description:
        'A memory item, task, document, conversation, event of one, tool state or persona, whatever its namespace',
      mimeType: JSON_TYPE,
    },
  ],

  has: (uri) => uri.startsWith('mnemesh://'),

  list: async (session) => {
    const mesh = await session.watching();
    const limit = mcpLimits.listedResources;
    const [items, tasks, documents] = await Promise.all([
      mesh.memory.list({ limit }),
      mesh.tasks.list({ limit }),
      mesh.prose.list({ limit }),
    ]);
    return [
      ...fixed.map(({ uri, name, title, description, mimeType }) => ({
        uri,
        name,
        title,
        description,
        mimeType,
      })),
      ...items.map((item) => named(uriOf(item), item.id, item.content)),
      ...tasks.map((task) => named(uriOf(task), task.id, task.title)),
      ...documents.map((one) => named(uriOf(one), one.id, one.title)),
    ];
  },

  read: async (uri, session) => {
    const known = fixed.find((one) => one.uri === uri);
    if (known === undefined) return readRecord(uri, session);
    return { uri, mimeType: known.mimeType, text: await known.text(await session.acting()) };
  },

  watch: async (uri, mesh, changed) => {
    const known = fixed.find((one) => one.uri === uri);
    if (known !== undefined) return known.watch(mesh, changed);
    const { namespace, id } = parseRecordName(uri, '');
    return watchNamespace(mesh, namespace, (changedId) => {
      if (changedId === id) changed();
    });
  },
};

async function readRecord(uri: string, session: ToolSession): Promise<ResourceContent> {
  const name = parseRecordName(uri, '');
  const mesh = await session.acting();
  const record =
    (await mesh.memory.in(name.namespace).get(name.id)) ??
    (await mesh.tasks.in(name.namespace).get(name.id)) ??
    (await mesh.tools.in(name.namespace).get(name.id)) ??
    (await mesh.prose.in(name.namespace).get(name.id)) ??
    (await mesh.conversations.in(name.namespace).get(name.id)) ??
    (await mesh.conversations.in(name.namespace).event(name.id)) ??
    (await mesh.personas.in(name.namespace).get(name.id));
  if (record === undefined) throw missing('record', name);
  return { uri, mimeType: JSON_TYPE, text: pretty(record) };
}

function named(uri: string, name: string, text: string): Resource {
  return { uri, name, title: cut(text.split('\n', 1)[0] as string, 80), mimeType: JSON_TYPE };
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
