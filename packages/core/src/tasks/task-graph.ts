import type { RecordId } from '@mnemesh/protocol';
import type { TaskClaim } from './claims.js';
import { cyclesOf, pathBetween, type TaskCycle, type TaskEdge } from './cycles.js';
import type { BlockingEdge } from './derive-task.js';
import { SortedTasks, type TaskOrder } from './sorted-tasks.js';
import { isEnd, type TaskState } from './task-state.js';

/** What the graph knows of a task that is not over. */
export interface TaskNode extends TaskOrder {
  readonly ref: string | undefined;
  readonly status: TaskState;
  readonly archived: boolean;
  readonly blocks: readonly BlockingEdge[];
  readonly requires: readonly string[];
  /** Of its holder. */
  readonly claim: TaskClaim | undefined;
}

/** Why a task waits: another that is not completed. */
export interface Blocker {
  /** Id or ref, as the dependency has it. */
  readonly on: string;
  /** `unknown`: no such task is on this device. */
  readonly state: TaskState | 'unknown';
}

/**
 * The tasks of one namespace that are not over, and what holds them back. Tasks that ended are known only
 * by name, where somebody waits for them. Kept up to date task by task, so that asking what is ready
 * costs as much as the answer is long.
 */
export class TaskGraph {
  readonly #nodes = new Map<RecordId, TaskNode>();
  readonly #byName = new Map<string, RecordId>();
  readonly #dependents = new Map<string, Set<RecordId>>();
  /** States of those that are waited for and have no node. */
  readonly #others = new Map<string, Blocker['state']>();
  readonly #unresolved = new Set<string>();
  readonly #ready = new SortedTasks();
  readonly #blocked = new SortedTasks();
  readonly #held = new Map<RecordId, TaskClaim>();
  #cycles: readonly TaskCycle[] = [];
  readonly #ignored = new Map<RecordId, Set<RecordId>>();
  #cyclesKnown = true;

  get size(): number {
    return this.#nodes.size;
  }

  node(id: RecordId): TaskNode | undefined {
    return this.#nodes.get(id);
  }

  /** @param bulk a first load: cycles are looked for once, at its end */
  put(node: TaskNode, bulk = false): void {
    const { id, ref } = node;
    if (isEnd(node.status)) {
      this.remove(id, node);
      return;
    }
    const before = this.#nodes.get(id);
    this.#nodes.set(id, node);
    this.#byName.set(id, id);
    if (ref !== undefined) this.#byName.set(ref, id);
    if (node.claim === undefined) this.#held.delete(id);
    else this.#held.set(id, node.claim);
    const isRewired = before === undefined || !sameEdges(before.blocks, node.blocks);
    if (isRewired) this.#rewire(node, before, bulk);
    this.#judge(id);
    if (before === undefined) this.#judgeDependents(id, ref);
  }

  /** The task ended, or was forgotten. @param ended what it was when it ended */
  remove(id: RecordId, ended?: Pick<TaskNode, 'ref' | 'status'>): void {
    const node = this.#nodes.get(id);
    const ref = ended?.ref ?? node?.ref;
    for (const name of ref === undefined ? [id] : [id, ref]) {
      if (this.#byName.get(name) === id) this.#byName.delete(name);
      if (this.#dependents.has(name)) this.#others.set(name, ended?.status ?? 'unknown');
      this.#unresolved.delete(name);
    }
    if (node !== undefined) {
      this.#nodes.delete(id);
      this.#held.delete(id);
      this.#ready.delete(id);
      this.#blocked.delete(id);
      for (const { on } of node.blocks) this.#forgetDependent(on, id);
      if (this.#isInCycle(id)) this.#cyclesKnown = false;
    }
    this.#judgeDependents(id, ref);
  }

  /** Names that are waited for and that nobody has looked up yet. Each is told once. */
  takeUnresolved(): readonly string[] {
    const names = [...this.#unresolved];
    this.#unresolved.clear();
    return names;
  }

  /** What a name that was looked up stands for. */
  resolve(name: string, state: Blocker['state']): void {
    if (!this.#dependents.has(name) || this.#byName.has(name)) return;
    this.#others.set(name, state);
    for (const id of this.#dependents.get(name) ?? []) this.#judge(id);
  }

  /** Submitted, held by nobody and waiting for nothing: most urgent first. */
  ready(): Iterable<RecordId> {
    this.#settleCycles();
    return this.#ready.ids();
  }

  blocked(): Iterable<RecordId> {
    this.#settleCycles();
    return this.#blocked.ids();
  }

  held(): ReadonlyMap<RecordId, TaskClaim> {
    return this.#held;
  }

  isReady(id: RecordId): boolean {
    this.#settleCycles();
    return this.#ready.has(id);
  }

  blockersOf(id: RecordId): readonly Blocker[] {
    this.#settleCycles();
    return this.#waitsFor(id);
  }

  cycles(): readonly TaskCycle[] {
    this.#settleCycles();
    return this.#cycles;
  }

  /** The ring that would close if `id` waited for `on` too: each task waits for the next. */
  ringWith(id: RecordId, on: string): readonly RecordId[] | undefined {
    this.#settleCycles();
    const to = this.#byName.get(on);
    if (to === undefined) return undefined;
    const path = pathBetween(to, id, (from) => this.#counted(from));
    return path === undefined ? undefined : [id, ...path];
  }

  #waitsFor(id: RecordId): readonly Blocker[] {
    const ignored = this.#ignored.get(id);
    return (this.#nodes.get(id)?.blocks ?? []).flatMap(({ on }): Blocker[] => {
      const to = this.#byName.get(on);
      if (to === undefined) {
        const state = this.#others.get(on) ?? 'unknown';
        return state === 'completed' ? [] : [{ on, state }];
      }
      if (ignored?.has(to) === true) return [];
      return [{ on, state: (this.#nodes.get(to) as TaskNode).status }];
    });
  }

  #judge(id: RecordId): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    const waits = this.#waitsFor(id).length > 0;
    const isFree = !waits && node.status === 'submitted' && node.claim === undefined;
    put(this.#ready, node, isFree && !node.archived);
    put(this.#blocked, node, waits && !node.archived);
  }

  #judgeDependents(id: RecordId, ref: string | undefined): void {
    for (const name of ref === undefined ? [id] : [id, ref])
      for (const dependent of this.#dependents.get(name) ?? []) this.#judge(dependent);
  }

  #rewire(node: TaskNode, before: TaskNode | undefined, bulk: boolean): void {
    for (const { on } of before?.blocks ?? []) this.#forgetDependent(on, node.id);
    for (const { on } of node.blocks) {
      const dependents = this.#dependents.get(on) ?? new Set();
      this.#dependents.set(on, dependents.add(node.id));
      if (!this.#byName.has(on) && !this.#others.has(on)) this.#unresolved.add(on);
    }
    if (!this.#cyclesKnown) return;
    if (bulk || this.#isInCycle(node.id) || this.#closesRing(node.id)) this.#cyclesKnown = false;
  }

  #forgetDependent(on: string, id: RecordId): void {
    const dependents = this.#dependents.get(on);
    dependents?.delete(id);
    if (dependents?.size !== 0) return;
    this.#dependents.delete(on);
    this.#others.delete(on);
    this.#unresolved.delete(on);
  }

  #isInCycle(id: RecordId): boolean {
    return this.#cycles.some(({ tasks }) => tasks.includes(id));
  }

  #closesRing(id: RecordId): boolean {
    for (const to of this.#targets(id)) {
      if (pathBetween(to, id, (from) => this.#targets(from)) !== undefined) return true;
    }
    return false;
  }

  /** Open tasks that this one names as blocking it. */
  #targets(id: RecordId): readonly RecordId[] {
    return (this.#nodes.get(id)?.blocks ?? []).flatMap(({ on }) => this.#byName.get(on) ?? []);
  }

  #counted(id: RecordId): readonly RecordId[] {
    const ignored = this.#ignored.get(id);
    return this.#targets(id).filter((to) => ignored?.has(to) !== true);
  }

  #settleCycles(): void {
    if (this.#cyclesKnown) return;
    this.#cyclesKnown = true;
    const affected = new Set(this.#ignored.keys());
    this.#ignored.clear();
    this.#cycles = cyclesOf(this.#edges());
    for (const { ignored } of this.#cycles) {
      const { from, to } = ignored;
      this.#ignored.set(from, (this.#ignored.get(from) ?? new Set()).add(to));
      affected.add(from);
    }
    for (const id of affected) this.#judge(id);
  }

  #edges(): readonly TaskEdge[] {
    const edges: TaskEdge[] = [];
    for (const { id, blocks } of this.#nodes.values()) {
      for (const { on, clock, agent } of blocks) {
        const to = this.#byName.get(on);
        if (to !== undefined) edges.push({ from: id, to, clock, agent });
      }
    }
    return edges;
  }
}

function put(into: SortedTasks, node: TaskNode, belongs: boolean): void {
  if (belongs) into.add(node);
  else into.delete(node.id);
}

function sameEdges(a: readonly BlockingEdge[], b: readonly BlockingEdge[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((edge, i) => {
    const other = b[i] as BlockingEdge;
    return edge.on === other.on && edge.clock === other.clock && edge.agent === other.agent;
  });
}
