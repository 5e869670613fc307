import type { Namespace, RecordId, SessionId, Version } from '@mnemesh/protocol';
import type { StoredRecord } from '../ports/index.js';
import { firstClaim, type TaskClaim } from './claims.js';
import type { TaskCompletion } from './derive-task.js';
import { isEnd, type TaskState } from './task-state.js';

/** What became of a session's work, told when it comes to light: at once, or when a partition heals. */
export type TaskNotice = {
  readonly namespace: Namespace;
} /** Another claim ranks before this session's. Stop, or finish and risk that it does not count. */ & (
  | {
      readonly type: 'claim_lost';
      readonly task: RecordId;
      readonly claim: TaskClaim;
      readonly to: TaskClaim;
    }
  /** The task this session holds was ended by somebody else. */
  | { readonly type: 'task_ended'; readonly task: RecordId; readonly status: TaskState }
  /** This session's completion is kept, and does not count: another one does. */
  | {
      readonly type: 'completion_not_accepted';
      readonly task: RecordId;
      readonly completion: TaskCompletion;
      readonly accepted: TaskCompletion;
    }
  /** There was another completion, and this session's is the one that counts. */
  | {
      readonly type: 'completion_accepted';
      readonly task: RecordId;
      readonly completion: TaskCompletion;
      readonly over: readonly TaskCompletion[];
    }
  /** A task that this session started rests on another completion now than when it was started. */
  | {
      readonly type: 'blocker_changed';
      readonly task: RecordId;
      readonly blocker: RecordId;
      readonly accepted: TaskCompletion;
    }
);

/** Notices kept while nobody listens; beyond it the oldest are dropped. The task itself still shows what became of it. */
const KEPT_NOTICES = 1_000;
/** Tasks that one session is told about; beyond it the ones it took up first are forgotten. */
const FOLLOWED_TASKS = 100_000;

/** A task as it matters here. */
interface Followed {
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly status: TaskState;
  readonly claims: readonly TaskClaim[];
  readonly completions: readonly TaskCompletion[];
}

/** Tells one session what others' work, merged in, did to its own. */
export class TaskNotices {
  readonly #session: SessionId;
  readonly #start: () => () => void;
  readonly #own = new Set<string>();
  /** For each blocker of a started task: the tasks, and the completion they rest on. */
  readonly #rests = new Map<string, Map<RecordId, Version | undefined>>();
  readonly #told = new Set<string>();
  readonly #listeners = new Set<(notices: readonly TaskNotice[]) => void>();
  #waiting: TaskNotice[] = [];
  #stop: (() => void) | undefined;
  /** What this session took up was taken up in another process, too: its tasks are found by its claims. */
  #isResumed = false;
  #ended = false;

  /**
   * @param start begins to call `changed` with every task that changes, until what it gives is called; called once,
   * when there is something to tell of
   */
  constructor(session: SessionId, start: () => () => void) {
    this.#session = session;
    this.#start = start;
  }

  listen(listener: (notices: readonly TaskNotice[]) => void): () => void {
    this.#listeners.add(listener);
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) listener(waiting);
    return () => this.#listeners.delete(listener);
  }

  /** The session goes on here that another process held. */
  resume(): void {
    this.#isResumed = true;
    this.#begin();
  }

  /** Nobody is told any more. */
  end(): void {
    this.#ended = true;
    this.#stop?.();
    this.#listeners.clear();
  }

  /** This session did something to the task: from now on it is told. */
  follow(record: StoredRecord | undefined): void {
    if (record === undefined) return;
    this.#begin();
    this.#own.add(keyOf(record));
    dropOldest(this.#own);
    this.changed(record);
  }

  /** This session started `task`, which rests on `blocker` as it is now. */
  rest(task: RecordId, blocker: StoredRecord): void {
    this.#begin();
    const accepted = followed(blocker).completions.find((one) => one.accepted);
    const key = keyOf(blocker);
    const resting = this.#rests.get(key) ?? new Map<RecordId, Version | undefined>();
    this.#rests.set(key, resting.set(task, accepted?.version));
    dropOldest(this.#rests);
  }

  /** This session ends the task itself: it need not be told so, unless that is refused. */
  async ending<T>(task: Pick<StoredRecord, 'namespace' | 'id'>, end: () => Promise<T>): Promise<T> {
    const name = endedName(keyOf(task));
    const isNew = this.#isNew(name);
    try {
      return await end();
    } catch (error) {
      if (isNew) this.#told.delete(name);
      throw error;
    }
  }

  changed(record: StoredRecord): void {
    const key = keyOf(record);
    if (this.#isResumed && !this.#own.has(key) && this.#tookUp(record)) this.#own.add(key);
    const isOwn = this.#own.has(key);
    const resting = this.#rests.get(key);
    if (!isOwn && resting === undefined) return;
    const task = followed(record);
    const own = isOwn ? [...this.#ofClaim(key, task), ...this.#ofCompletion(key, task)] : [];
    const rests = resting === undefined ? [] : this.#ofBlocker(task, resting);
    this.#tell([...own, ...rests]);
  }

  #begin(): void {
    if (this.#ended) return;
    this.#stop ??= this.#start();
  }

  /** Is a claim or a completion of it this session's? */
  #tookUp(record: StoredRecord): boolean {
    if (!record.view.includes(this.#session)) return false;
    const { claims, completions } = followed(record);
    return [...claims, ...completions].some(({ session }) => session === this.#session);
  }

  #ofClaim(key: string, task: Followed): readonly TaskNotice[] {
    const { namespace, id, status, claims, completions } = task;
    const first = firstClaim(claims);
    if (completions.some(({ session }) => session === this.#session)) return [];
    return claims.flatMap((claim): TaskNotice[] => {
      if (claim.session !== this.#session || claim.released) return [];
      if (first !== undefined && first.key !== claim.key) {
        if (first.session === this.#session || !this.#isNew(`${key} lost ${claim.key}`)) return [];
        return [{ type: 'claim_lost', namespace, task: id, claim, to: first }];
      }
      if (!isEnd(status) || !this.#isNew(endedName(key))) return [];
      return [{ type: 'task_ended', namespace, task: id, status }];
    });
  }

  #ofCompletion(key: string, { namespace, id, completions }: Followed): readonly TaskNotice[] {
    const completion = completions.find(({ session }) => session === this.#session);
    const accepted = completions.find((one) => one.accepted);
    if (completion === undefined || accepted === undefined || completions.length < 2) return [];
    if (completion !== accepted) {
      if (!this.#isNew(`${key} not ${accepted.version}`)) return [];
      return [{ type: 'completion_not_accepted', namespace, task: id, completion, accepted }];
    }
    const over = completions.filter((one) => one !== completion);
    if (!this.#isNew(`${key} over ${over.map(({ version }) => version).join()}`)) return [];
    return [{ type: 'completion_accepted', namespace, task: id, completion, over }];
  }

  #ofBlocker(
    { namespace, id: blocker, completions }: Followed,
    resting: Map<RecordId, Version | undefined>,
  ): readonly TaskNotice[] {
    const accepted = completions.find((one) => one.accepted);
    if (accepted === undefined) return [];
    return [...resting].flatMap(([task, version]): TaskNotice[] => {
      if (version === accepted.version) return [];
      resting.set(task, accepted.version);
      return [{ type: 'blocker_changed', namespace, task, blocker, accepted }];
    });
  }

  /** The task itself is found again however long it takes, so forgetting what was told only tells it twice. */
  #isNew(name: string): boolean {
    if (this.#told.has(name)) return false;
    this.#told.add(name);
    dropOldest(this.#told);
    return true;
  }

  #tell(notices: readonly TaskNotice[]): void {
    if (notices.length === 0) return;
    if (this.#listeners.size > 0) {
      for (const listener of this.#listeners) listener(notices);
      return;
    }
    this.#waiting.push(...notices);
    this.#waiting.splice(0, this.#waiting.length - KEPT_NOTICES);
  }
}

function keyOf({ namespace, id }: Pick<StoredRecord, 'namespace' | 'id'>): string {
  return `${namespace}\n${id}`;
}

function endedName(key: string): string {
  return `${key} ended`;
}

function followed(record: StoredRecord): Followed {
  const { fields } = JSON.parse(record.view) as { readonly fields: Partial<Followed> };
  return {
    namespace: record.namespace,
    id: record.id,
    status: record.state as TaskState,
    claims: fields.claims ?? [],
    completions: fields.completions ?? [],
  };
}

function dropOldest(entries: Set<unknown> | Map<unknown, unknown>): void {
  if (entries.size <= FOLLOWED_TASKS) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
