import type { Namespace, SessionId } from '@mnemesh/protocol';
import { taskDefinition } from '../collections/task.js';
import type { StoredRecord } from '../ports/index.js';
import { type BoardSurroundings, TaskBoard } from './task-board.js';
import { TaskNotices } from './task-notices.js';

/** Working tasks that are looked through for those of a session that goes on. */
const RESUMED_TASKS = 10_000;

/** What the tasks of a replica take from it. */
export interface TasksSurroundings extends BoardSurroundings {
  onRecordsEverywhere(
    listener: (
      namespace: Namespace,
      changes: readonly { readonly record: StoredRecord | undefined }[],
    ) => void,
  ): () => void;
}

/** The task boards of one replica, and what it tells its sessions of their tasks. */
export class ReplicaTasks {
  readonly #replica: TasksSurroundings;
  readonly #boards = new Map<Namespace, TaskBoard>();
  readonly #notices = new Map<SessionId, TaskNotices>();

  constructor(replica: TasksSurroundings) {
    this.#replica = replica;
  }

  board(namespace: Namespace): TaskBoard {
    const board = this.#boards.get(namespace) ?? new TaskBoard(this.#replica, namespace);
    this.#boards.set(namespace, board);
    return board;
  }

  /** What becomes of one session's tasks. It costs nothing until the session takes one. */
  noticesOf(session: SessionId): TaskNotices {
    const known = this.#notices.get(session);
    if (known !== undefined) return known;
    const notices = new TaskNotices(session, () =>
      this.#replica.onRecordsEverywhere((_, changes) => {
        for (const { record } of changes)
          if (record?.collection === taskDefinition.name) notices.changed(record);
      }),
    );
    this.#notices.set(session, notices);
    return notices;
  }

  /** A session goes on here that another process held: it is told of what became of its tasks meanwhile, and from now on. */
  async resume(session: SessionId): Promise<void> {
    const notices = this.noticesOf(session);
    notices.resume();
    const working = await this.#replica.store.query({
      collection: taskDefinition.name,
      state: 'working',
      limit: RESUMED_TASKS,
    });
    for (const record of working) notices.changed(record);
  }

  /** Notices of a session that begins here, or comes back by another channel before the first is over. */
  begin(session: SessionId): TaskNotices {
    this.#notices.get(session)?.end();
    this.#notices.delete(session);
    return this.noticesOf(session);
  }

  /** Whoever began with these is gone; somebody else may go on with the session by now. */
  left(session: SessionId, notices: TaskNotices): void {
    notices.end();
    if (this.#notices.get(session) === notices) this.#notices.delete(session);
  }

  close(): void {
    for (const board of this.#boards.values()) board.close();
  }
}
