import type { RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import type { Collection, Json, RecordView, SetChange } from './collection.js';
import { defineCollection, jsonObject, setOf } from './schema.js';

/** The Agent2Agent protocol's task states. */
export const taskStates = [
  'submitted',
  'working',
  'input_required',
  'auth_required',
  'completed',
  'failed',
  'canceled',
  'rejected',
] as const;
export type TaskState = (typeof taskStates)[number];

/** One task waits for, belongs to or came from another. */
export const dependencySchema = v.object({
  /** How: `blocks`, `parent-child`, `discovered-from`, or a tracker's own word. */
  type: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  /** Id or ref of the task depended on. It need not exist. */
  on: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** What else an import knew of it. */
  extra: v.optional(jsonObject),
});
export type Dependency = v.InferOutput<typeof dependencySchema>;

export const commentSchema = v.object({
  author: v.string(),
  text: v.string(),
  at: v.string(),
  extra: v.optional(jsonObject),
});

export const taskDefinition = defineCollection({
  name: 'task',
  namespace: 'shared/tasks',
  stateField: 'status',
  fields: {
    title: v.pipe(v.string(), v.minLength(1), v.maxLength(500)),
    description: v.optional(v.string()),
    status: v.optional(v.picklist(taskStates), 'submitted'),
    /** 0 is the most urgent. */
    priority: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9))),
    assignee: v.optional(v.string()),
    notes: v.optional(v.string()),
    result: v.optional(v.string()),
    tags: setOf(v.pipe(v.string(), v.minLength(1), v.maxLength(100)), (tag) => tag),
    dependencies: setOf(dependencySchema, ({ type, on }) => `${type}:${on}`),
    comments: v.optional(v.array(commentSchema)),
    /** Name under which an import knows this task: `beads:bd-06px`. */
    ref: v.optional(v.pipe(v.string(), v.maxLength(200))),
    /** What an import knew and this version has no field for. */
    extra: v.optional(jsonObject),
  },
  writeOnce: ['ref'],
  searched: ['title', 'description', 'notes', 'result', 'tags'],
});

export interface Task extends RecordView {
  readonly title: string;
  readonly description?: string;
  readonly status: TaskState;
  readonly priority?: number;
  readonly assignee?: string;
  readonly notes?: string;
  readonly result?: string;
  readonly tags: readonly string[];
  readonly dependencies: readonly Dependency[];
  readonly comments?: readonly v.InferOutput<typeof commentSchema>[];
  readonly ref?: string;
  readonly extra?: { readonly [key: string]: Json };
}

export interface TaskInput {
  readonly title: string;
  readonly description?: string;
  readonly status?: TaskState;
  readonly priority?: number;
  readonly assignee?: string;
  readonly notes?: string;
  readonly result?: string;
  readonly tags?: readonly string[];
  readonly dependencies?: readonly Dependency[];
}

export interface TaskPatch extends Partial<Omit<TaskInput, 'tags' | 'dependencies'>> {
  readonly tags?: SetChange<string>;
  readonly dependencies?: SetChange<Dependency>;
  /** The whole list: comments are replaced together. */
  readonly comments?: NonNullable<Task['comments']>;
  readonly extra?: { readonly [key: string]: Json };
}

/** A record under an id derived from its source, so that replicas importing apart make the same one. */
export interface ImportedTask {
  readonly id: RecordId;
  readonly input: TaskInput & Pick<Task, 'comments' | 'extra' | 'ref'>;
}

export interface Tasks extends Collection<Task, TaskInput, TaskPatch> {
  in(namespace: string): Tasks;
  /** Creates tasks under derived ids. One that exists already is left as it is. */
  import(task: ImportedTask): import('../write.js').Write<Task>;
}
