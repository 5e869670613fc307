import { graphResources } from './knowledge-graph/graph-resources.js';
import { graphTools } from './knowledge-graph/graph-tools.js';
import type { Prompt } from './prompts/prompt.js';
import { meshResources } from './resources/mesh-resources.js';
import { combinedResources, type ResourceSet } from './resources/resource-set.js';
import type { Tool } from './tool.js';
import { forget } from './tools/forget.js';
import { getMemory } from './tools/get-memory.js';
import { recall } from './tools/recall.js';
import { remember } from './tools/remember.js';
import { taskCreate } from './tools/task-create.js';
import { taskList } from './tools/task-list.js';
import { taskUpdate } from './tools/task-update.js';

export const profileNames = ['default', 'memory'] as const;
export type ProfileName = (typeof profileNames)[number];

/** What one client is offered. Every tool costs a model attention, so there are few. */
export interface Profile {
  /** In the order of the listing, always the same: clients cache it. */
  readonly tools: readonly Tool[];
  readonly resources: ResourceSet;
  readonly prompts: readonly Prompt[];
  /** Said once, when a session begins. */
  readonly instructions: string;
}

const defaultTools = [remember, recall, getMemory, forget, taskCreate, taskList, taskUpdate];

const INSTRUCTIONS =
  'Mnemesh is the memory and the task list that you share with other agents, on this and on other machines.';

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  default: {
    tools: defaultTools,
    resources: meshResources,
    prompts: [],
    instructions: INSTRUCTIONS,
  },
  memory: {
    tools: graphTools,
    resources: graphResources,
    prompts: [],
    instructions:
      'A knowledge graph of entities, relations and observations, shared with other agents.',
  },
};

/** What a client is offered that asked for several profiles at once. */
export function combined(names: readonly ProfileName[]): Profile {
  const chosen = [...new Set(names)].map((name) => profiles[name]);
  const sets = chosen.map(({ resources }) => resources);
  return {
    tools: [...new Set(chosen.flatMap(({ tools }) => tools))],
    resources: combinedResources([...new Set(sets)]),
    prompts: [...new Set(chosen.flatMap(({ prompts }) => prompts))],
    instructions: [...new Set(chosen.map(({ instructions }) => instructions))].join(' '),
  };
}
