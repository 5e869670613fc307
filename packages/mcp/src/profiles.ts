import type { Prompt } from './prompts/prompt.js';
import { meshResources } from './resources/mesh-resources.js';
import type { ResourceSet } from './resources/resource-set.js';
import type { Tool } from './tool.js';
import { forget } from './tools/forget.js';
import { getMemory } from './tools/get-memory.js';
import { recall } from './tools/recall.js';
import { remember } from './tools/remember.js';
import { taskCreate } from './tools/task-create.js';
import { taskList } from './tools/task-list.js';
import { taskUpdate } from './tools/task-update.js';

export const profileNames = ['default'] as const;
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
};
