import type { RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { type ClaimMode, claimModes, type TaskClaim } from '../tasks/claims.js';
import type { TaskCycle } from '../tasks/cycles.js';
import { deriveTask, type TaskCompletion } from '../tasks/derive-task.js';
import { isTaskField } from '../tasks/task-fields.js';
import type { Blocker } from '../tasks/task-graph.js';
import type { TaskEvent } from '../tasks/task-log.js';
import type { TaskNotice } from '../tasks/task-notices.js';
import { type TaskState, taskStates } from '../tasks/task-state.js';
import type { Write } from '../write.js';
import type { Collection, Json, RecordView, SetChange } from './collection.js';
import { defineCollection, jsonObject, setOf } from './schema.js';

export { type TaskState, taskStates };

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
    /** What an agent must be able to do, by the words that agents declare. */
    requires: setOf(v.pipe(v.string(), v.minLength(1), v.maxLength(100)), (word) => word),
    /** `strict`: only claims that the relay grants are taken. */
    claimMode: v.optional(v.picklist(claimModes)),
    comments: v.optional(v.array(commentSchema)),
    /** Name under which an import knows this task: `beads:bd-06px`. */
    ref: v.optional(v.pipe(v.string(), v.maxLength(200))),
    /** What an import knew and this version has no field for. */
    extra: v.optional(jsonObject),
  },
  writeOnce: ['ref'],
  searched: ['title', 'description', 'notes', 'result', 'tags'],
  isWrittenOnce: isTaskField,
  derive: deriveTask,
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
  readonly requires: readonly string[];
  readonly claimMode?: ClaimMode;
  /** The claim that holds it now; absent when nobody does, or it ended. A lease may have lapsed: see `stale`. */
  readonly claim?: TaskClaim;
  /** Every claim that was made on it, the one that ranks first first. */
  readonly claims?: readonly TaskClaim[];
  /** At most one is accepted; it is first, and `result` is its result. */
  readonly completions?: readonly TaskCompletion[];
  /** As imported, or replaced as a whole. Comments made one by one are in `log`. */
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
  readonly requires?: readonly string[];
  readonly claimMode?: ClaimMode;
}

export interface TaskPatch extends Partial<Omit<TaskInput, 'tags' | 'dependencies' | 'requires'>> {
  readonly tags?: SetChange<string>;
  readonly requires?: SetChange<string>;
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

export interface ClaimOptions {
  /** How long the claim holds after each renewal. Default 15 minutes; from a second to a week. */
  readonly ttlMs?: number;
  /** Default: the task's `claimMode`, or `advisory`. */
  readonly mode?: ClaimMode;
  /** What this session is able to do. Default: what its agent declared. */
  readonly capabilities?: readonly string[];
}

export interface TaskQuery {
  /** Default 50, at most 10,000. */
  readonly limit?: number;
  /** Only tasks that require nothing beyond these. Default: what this session's agent declared; `any` leaves none out. */
  readonly capabilities?: readonly string[] | 'any';
}

export interface BlockedTask {
  readonly task: Task;
  readonly by: readonly Blocker[];
}

export interface TaskSituation {
  /**
   * `ready`: may be claimed. `blocked`: waits for other tasks. `held`: somebody's lease runs. `stale`:
   * it has lapsed, and the next claim may take over. `waiting`: for a person, or archived, or working
   * without a claim. `ended`: nothing more is to come.
   */
  readonly kind: 'ready' | 'blocked' | 'held' | 'stale' | 'waiting' | 'ended';
  /** Whatever it waits for, held or not. */
  readonly blockers: readonly Blocker[];
}

/**
 * Tasks, and what agents do with them. Claims, completions and the log are parts of the task's record,
 * signed by who made them; who holds a task, which completion counts and what is blocked are computed
 * from them alike on every replica. See docs/decisions/claims-are-records.md.
 */
export interface Tasks extends Collection<Task, TaskInput, TaskPatch> {
  in(namespace: string): Tasks;
  /**
   * @param why kept in the log, beside what was changed
   * @throws MnemeshError `illegal_transition`, `already_completed`, `dependency_cycle` too
   */
  update(id: RecordId, patch: TaskPatch, why?: string): Write<Task>;
  /** Creates tasks under derived ids. One that exists already is left as it is. */
  import(task: ImportedTask): Write<Task>;
  /** An update by the tracker a task was imported from: its transitions and dependencies are not judged here. */
  updateImported(id: RecordId, patch: TaskPatch): Write<Task>;
  /**
   * Takes the task for this session. Who holds it already renews.
   * @throws MnemeshError `already_claimed`, `blocked`, `lacks_capability`, `already_completed`,
   *   `illegal_transition`, `not_found`; for a strict claim `relay_unavailable` and `claims_in_doubt`: it is
   *   never taken without the relay
   */
  claim(id: RecordId, options?: ClaimOptions): Write<Task>;
  /** Lets the lease run anew. Do so well before it lapses. @throws MnemeshError `not_claimed` when it was lost */
  renew(id: RecordId): Write<Task>;
  /** Gives the task back to be claimed by others. @throws MnemeshError `not_claimed` */
  release(id: RecordId, why?: string): Write<Task>;
  /**
   * Ends the task. Without having claimed it only while nobody holds it.
   * @throws MnemeshError `already_completed`, `illegal_transition`, `already_claimed`
   */
  complete(id: RecordId, result?: string): Write<Task>;
  /** Likewise, as failed. */
  fail(id: RecordId, why: string): Write<Task>;
  /** Adds to the log. Comments never conflict. */
  comment(id: RecordId, text: string): Write<Task>;
  /** Who did what to the task, when and why, oldest first. @throws MnemeshError `not_found` */
  log(id: RecordId): Promise<readonly TaskEvent[]>;
  /** What may be claimed now: most urgent first, then oldest. */
  ready(query?: TaskQuery): Promise<readonly Task[]>;
  /** What waits for others, and for which. */
  blocked(query?: TaskQuery): Promise<readonly BlockedTask[]>;
  /** Held under leases that have lapsed: what a crashed agent left. The next claim takes over. */
  stale(query?: TaskQuery): Promise<readonly Task[]>;
  /** Rings of tasks that wait for each other, which only a merge can make; each has an edge that is ignored. */
  cycles(): Promise<readonly TaskCycle[]>;
  /** @throws MnemeshError `not_found` */
  situation(id: RecordId): Promise<TaskSituation>;
  /**
   * Calls `listener` with what others' work did to this session's: claims lost, completions not
   * accepted, blockers changed. What came before anybody listened is told first. Returns a function
   * that ends it.
   */
  notices(listener: (notices: readonly TaskNotice[]) => void): () => void;
}
