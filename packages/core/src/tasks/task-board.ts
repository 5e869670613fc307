import {
  MnemeshError,
  type Namespace,
  parseRecordId,
  type RecordId,
  type Runtime,
} from '@mnemesh/protocol';
import type { ReplicaStore, StoredRecord } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import { SerialQueue } from '../serial-queue.js';
import type { TaskClaim } from './claims.js';
import type { KeptOfTask } from './derive-task.js';
import { LeaseWatch } from './lease-watch.js';
import { type Blocker, TaskGraph, type TaskNode } from './task-graph.js';
import { openStates, type TaskState } from './task-state.js';

/** Tasks read from the store at a time while the graph is loaded. */
const PAGE = 1_000;

/** What a board takes from its replica. */
export interface BoardSurroundings {
  readonly store: Pick<ReplicaStore, 'query' | 'record' | 'recordByRef'>;
  readonly runtime: Pick<Runtime, 'now'>;
  /** Told of every saved change of the namespace, in order. Returns a function that ends it. */
  onRecords(
    namespace: Namespace,
    listener: (
      changes: readonly { readonly id: RecordId; readonly record: StoredRecord | undefined }[],
    ) => void,
  ): () => void;
}

/** The tasks of one namespace at one replica: its graph, loaded when first asked for, and the leases it watches. */
export class TaskBoard {
  readonly namespace: Namespace;
  readonly leases: LeaseWatch;
  readonly #replica: BoardSurroundings;
  readonly #dependencyEdits = new SerialQueue();
  readonly #graph = new TaskGraph();
  readonly #stop: () => void;
  /** Changes that came while the graph is loaded, in order. */
  #arrived: (() => void)[] | undefined;
  #loading: Promise<void> | undefined;

  constructor(replica: BoardSurroundings, namespace: Namespace) {
    this.namespace = namespace;
    this.#replica = replica;
    this.leases = new LeaseWatch(() => replica.runtime.now());
    this.#stop = replica.onRecords(namespace, (changes) => {
      for (const { id, record } of changes) this.#changed(id, record);
    });
  }

  close(): void {
    this.#stop();
  }

  /** The graph, as of every write that is saved. */
  async graph(): Promise<TaskGraph> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      this.#arrived = undefined;
      throw error;
    });
    await this.#loading;
    await this.#resolveNames();
    return this.#graph;
  }

  /** One after another, or two sessions here could close a ring without either seeing it. */
  editDependencies<T>(edit: () => Promise<T>): Promise<T> {
    return this.#dependencyEdits.run(edit);
  }

  /** @throws MnemeshError `dependency_cycle` */
  async refuseRing(id: RecordId, on: readonly string[]): Promise<void> {
    const graph = await this.graph();
    for (const name of on) {
      const ring = graph.ringWith(id, name) ?? (name === id ? [id, id] : undefined);
      if (ring === undefined) continue;
      throw new MnemeshError(
        'dependency_cycle',
        `These tasks would wait for each other: ${ring.join(' → ')}. Remove one of these dependencies first.`,
      );
    }
  }

  /** What a task waits for. The graph is only loaded where something unfinished is named. */
  async blockersOf(record: StoredRecord): Promise<readonly Blocker[]> {
    const blockers = await Promise.all(
      blockersNamed(record).map(async (on) => ({ on, state: await this.stateOf(on) })),
    );
    if (blockers.every(({ state }) => state === 'completed')) return [];
    return (await this.graph()).blockersOf(record.id);
  }

  async stateOf(name: string): Promise<Blocker['state']> {
    const record = await this.find(name);
    return (record?.state as TaskState | undefined) ?? 'unknown';
  }

  /** A task by its id or its ref. */
  async find(name: string): Promise<StoredRecord | undefined> {
    const { store } = this.#replica;
    const id = recordIdOf(name);
    const record =
      (id === undefined ? undefined : await store.record(this.namespace, id)) ??
      (await store.recordByRef(this.namespace, name));
    return record?.collection === 'task' ? record : undefined;
  }

  #changed(id: RecordId, record: StoredRecord | undefined): void {
    if (record !== undefined && record.collection !== 'task') return;
    const node = record === undefined ? undefined : nodeOf(record);
    this.leases.see(id, node?.claim, true);
    if (this.#loading === undefined) return;
    const apply = (): void => {
      if (node === undefined) this.#graph.remove(id);
      else this.#graph.put(node);
    };
    if (this.#arrived === undefined) apply();
    else this.#arrived.push(apply);
  }

  async #load(): Promise<void> {
    const arrived: (() => void)[] = [];
    this.#arrived = arrived;
    for (const state of openStates) await this.#loadState(state);
    this.#arrived = undefined;
    for (const apply of arrived) apply();
  }

  async #loadState(state: TaskState): Promise<void> {
    const { store } = this.#replica;
    let before: { readonly before?: { readonly created: number; readonly id: RecordId } } = {};
    for (;;) {
      const page = await store.query({
        namespaces: [this.namespace],
        collection: 'task',
        state,
        archived: 'any',
        limit: PAGE,
        ...before,
      });
      for (const record of page) {
        const node = nodeOf(record);
        this.leases.see(record.id, node.claim, false);
        this.#graph.put(node, true);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      before = { before: { created: last.created, id: last.id } };
    }
  }

  async #resolveNames(): Promise<void> {
    const names = this.#graph.takeUnresolved();
    for (const name of names) this.#graph.resolve(name, await this.stateOf(name));
  }
}

/** Names of the tasks that a stored task says it waits for. */
export function blockersNamed(record: StoredRecord): readonly string[] {
  const { kept } = JSON.parse(record.view) as { readonly kept?: KeptOfTask };
  return kept?.blocks.map(({ on }) => on) ?? [];
}

function nodeOf(record: StoredRecord): TaskNode {
  const { fields, kept } = JSON.parse(record.view) as StoredView & { readonly kept?: KeptOfTask };
  const { priority, requires, claim } = fields as {
    readonly priority?: number;
    readonly requires?: readonly string[];
    readonly claim?: TaskClaim;
  };
  return {
    id: record.id,
    ref: record.ref,
    status: record.state as TaskState,
    archived: record.archived,
    priority,
    created: record.created,
    blocks: kept?.blocks ?? [],
    requires: requires ?? [],
    claim,
  };
}

function recordIdOf(name: string): RecordId | undefined {
  try {
    return parseRecordId(name);
  } catch {
    return undefined;
  }
}
