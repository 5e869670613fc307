import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { StoredRecord } from '../ports/index.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import type { TaskBoard } from '../tasks/task-board.js';
import type { TaskNode } from '../tasks/task-graph.js';
import { isEnd } from '../tasks/task-state.js';
import { parseLimit } from './page-limit.js';
import type { BlockedTask, Task, TaskQuery, TaskSituation } from './task.js';
import { taskOf } from './task-claiming.js';

/** What the board of a namespace knows of its tasks, as one session asks for it. */
export class TaskLists {
  readonly #replica: Replica;
  readonly #session: Session;
  readonly #namespace: Namespace;
  readonly #show: (record: StoredRecord | undefined) => Task | undefined;

  /** @param show what the session gets to see of a record, which counts as shown to it */
  constructor(
    replica: Replica,
    session: Session,
    namespace: Namespace,
    show: (record: StoredRecord | undefined) => Task | undefined,
  ) {
    this.#replica = replica;
    this.#session = session;
    this.#namespace = namespace;
    this.#show = show;
  }

  async ready(query: TaskQuery): Promise<readonly Task[]> {
    const graph = await this.#board.graph();
    const can = new Set(query.capabilities ?? this.#session.agent.capabilities ?? []);
    const isAble = ({ requires }: TaskNode): boolean =>
      query.capabilities === 'any' || requires.every((word) => can.has(word));
    return this.#firstOf(graph.ready(), query, (id) => isAble(graph.node(id) as TaskNode));
  }

  async stale(query: TaskQuery): Promise<readonly Task[]> {
    const graph = await this.#board.graph();
    const lapsed = [...graph.held()]
      .filter(([id, claim]) => this.#board.leases.isLapsed(id, claim))
      .sort(([, a], [, b]) => a.renewedAt + a.ttlMs - b.renewedAt - b.ttlMs)
      .map(([id]) => id);
    return this.#firstOf(lapsed, query, () => true);
  }

  async blocked(query: TaskQuery): Promise<readonly BlockedTask[]> {
    const graph = await this.#board.graph();
    const tasks = await this.#firstOf(graph.blocked(), query, () => true);
    return tasks.map((task) => ({ task, by: graph.blockersOf(task.id) }));
  }

  async situation(record: StoredRecord): Promise<TaskSituation> {
    const task = taskOf(record);
    if (isEnd(task.status)) return { kind: 'ended', blockers: [] };
    const graph = await this.#board.graph();
    const blockers = graph.blockersOf(record.id);
    const { claim } = task;
    if (claim !== undefined) {
      const isStale = this.#board.leases.isLapsed(record.id, claim);
      return { kind: isStale ? 'stale' : 'held', blockers };
    }
    if (blockers.length > 0) return { kind: 'blocked', blockers };
    return { kind: graph.isReady(record.id) ? 'ready' : 'waiting', blockers };
  }

  get #board(): TaskBoard {
    return this.#replica.tasks.board(this.#namespace);
  }

  async #firstOf(
    ids: Iterable<RecordId>,
    { limit }: TaskQuery,
    fits: (id: RecordId) => boolean,
  ): Promise<readonly Task[]> {
    this.#replica.refuseWhenClosed();
    const chosen: RecordId[] = [];
    const most = parseLimit(limit);
    for (const id of ids) {
      if (chosen.length >= most) break;
      if (fits(id)) chosen.push(id);
    }
    const records = await Promise.all(
      chosen.map((id) => this.#replica.store.record(this.#namespace, id)),
    );
    return records.flatMap((record) => this.#show(record) ?? []);
  }
}
