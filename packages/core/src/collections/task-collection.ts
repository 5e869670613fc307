import {
  type AgentId,
  homeSegment,
  MnemeshError,
  parseRecordId,
  type RecordId,
  segmentContext,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { encodeUtf8 } from 'lib0/string';
import * as v from 'valibot';
import { DIRECTORY_NAMESPACE, memberId, parseOpenNamespace } from '../documents/directory.js';
import type { FieldWrite } from '../documents/record-write.js';
import { loadEnvelopes } from '../documents/stored-envelope.js';
import type { StoredRecord } from '../ports/index.js';
import { canonicalJson } from '../records/canonical-json.js';
import type { StoredView } from '../records/projection.js';
import { viewOf } from '../records/shown.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import { type ClaimMode, type ClaimToken, claimModes, leaseLimits } from '../tasks/claims.js';
import { strictToken } from '../tasks/strict-claim.js';
import { blockersNamed, type TaskBoard } from '../tasks/task-board.js';
import { readTask, stateOf } from '../tasks/task-facts.js';
import { BLOCKS, DEPENDENCIES_FIELD, STATUS_FIELD } from '../tasks/task-fields.js';
import type { TaskNode } from '../tasks/task-graph.js';
import { readLog, type TaskEvent, WORDS_CHARS } from '../tasks/task-log.js';
import type { TaskNotice, TaskNotices } from '../tasks/task-notices.js';
import {
  claimFields,
  completeFields,
  eventField,
  failFields,
  isHeldBy,
  type OperationField,
  refuseClaim,
  releaseFields,
  renewFields,
  type StandingTask,
  settledFields,
  stateFields,
  type TaskActor,
} from '../tasks/task-operations.js';
import { isEnd, type TaskState } from '../tasks/task-state.js';
import type { Write, Written } from '../write.js';
import type { Json } from './collection.js';
import { parseLimit } from './page-limit.js';
import { RecordCollection } from './record-collection.js';
import { parse } from './schema.js';
import {
  type BlockedTask,
  type ClaimOptions,
  type Task,
  type TaskInput,
  type TaskPatch,
  type TaskQuery,
  type TaskSituation,
  type Tasks,
  taskDefinition,
} from './task.js';

/** How long a lease holds unless asked otherwise: long enough for a model's turn, short enough for a crash. */
const DEFAULT_LEASE_MS = 15 * 60_000;

/** Fields that say who may do the work and after what: writing one is logged as a replan. Others are when a reason is given. */
const PLAN_FIELDS: ReadonlySet<string> = new Set([DEPENDENCIES_FIELD, 'requires', 'claimMode']);

const claimOptions = v.strictObject({
  ttlMs: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(leaseLimits.leastMs),
      v.maxValue(leaseLimits.mostMs),
    ),
  ),
  mode: v.optional(v.picklist(claimModes)),
  capabilities: v.optional(v.array(v.string())),
});
const wordsSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(WORDS_CHARS));

/** The tasks of one namespace, as one session sees and works on them. */
export class TaskCollection extends RecordCollection<Task, TaskInput, TaskPatch> implements Tasks {
  readonly #notices: TaskNotices;

  constructor(replica: Replica, session: Session, notices: TaskNotices, namespace?: string) {
    super(replica, session, taskDefinition, namespace);
    this.#notices = notices;
  }

  override in(namespace: string): TaskCollection {
    const own = parseOpenNamespace(namespace);
    return new TaskCollection(this.replica, this.session, this.#notices, own);
  }

  /** Whatever comes before the write, it counts as given from the call on. */
  protected override attempt<T>(write: () => Promise<Written<T>>): Write<T> {
    return super.attempt(() => this.replica.writes.prepare(write()));
  }

  override update(id: RecordId, patch: TaskPatch, why?: string): Write<Task> {
    return this.attempt(async () => {
      const { status, ...rest } = patch;
      const plain = Object.keys(rest).length > 0 || status === undefined ? rest : undefined;
      const fields = plain === undefined ? [] : this.patchFields(parseRecordId(id), plain);
      const reason = why === undefined ? undefined : parse(wordsSchema, why, 'why');
      const to = status === undefined ? undefined : this.#state(parseRecordId(id), status);
      const planned = Object.keys(rest).filter(
        (name) => reason !== undefined || PLAN_FIELDS.has(name),
      );
      const decide = (task: StandingTask): readonly OperationField[] => [
        ...(to === undefined ? [] : this.#moved(task, id, to, reason)),
        ...(planned.length === 0
          ? []
          : [
              eventField(task, {
                type: 'replanned',
                fields: planned,
                ...(reason === undefined ? {} : { why: reason }),
              }),
            ]),
      ];
      const write = () =>
        to === undefined && planned.length === 0
          ? this.writeRecord(id, fields, 'existing')
          : this.#decided(id, fields, decide);
      const blockers = (patch.dependencies?.add ?? []).filter(({ type }) => type === BLOCKS);
      if (blockers.length === 0) return write();
      return this.#board.editDependencies(async () => {
        await this.#board.refuseRing(
          id,
          blockers.map(({ on }) => on),
        );
        return write();
      });
    });
  }

  /** A conflict of states is settled by one of those that stand; a completion that counts stays one. */
  override settle(
    id: RecordId,
    field: string,
    value: Json,
    reason: string | undefined,
  ): Write<Task> {
    if (field !== STATUS_FIELD) return super.settle(id, field, value, reason);
    return this.attempt(() =>
      this.#decided(
        id,
        [],
        (task) => settledFields(task, stateOf(value), reason),
        reason === undefined ? {} : { reason },
      ),
    );
  }

  updateImported(id: RecordId, patch: TaskPatch): Write<Task> {
    return super.update(id, patch);
  }

  claim(id: RecordId, options: ClaimOptions = {}): Write<Task> {
    return this.attempt(async () => {
      const { ttlMs = DEFAULT_LEASE_MS, ...asked } = parse(claimOptions, options, 'options');
      const record = await this.#record(id);
      const task = taskOf(record);
      const mode = modeOf(task, asked.mode);
      this.#refuseIncapable(task, asked.capabilities ?? this.session.agent.capabilities ?? []);
      const nameOf = await this.#names(task);
      const isLapsed = (claim: NonNullable<Task['claim']>) =>
        this.#board.leases.isLapsed(id, claim);
      refuseClaim({ facts: factsOf(task) }, this.#actor, { isLapsed, nameOf });
      const names = await this.#refuseBlocked(record);
      const token =
        mode === 'strict' ? await this.#token(task, ttlMs, isLapsed, nameOf) : undefined;
      const blockers = await Promise.all(names.map((name) => this.#board.find(name)));
      const request = { mode, ttlMs, isLapsed, nameOf, ...(token === undefined ? {} : { token }) };
      const written = await this.#decided(id, [], (standing) => {
        this.#refuseRewired(record, standing.standing);
        return claimFields(standing, this.#actor, request);
      });
      for (const blocker of blockers)
        if (blocker !== undefined) this.#notices.rest(record.id, blocker);
      await this.#follow(id);
      return written;
    });
  }

  renew(id: RecordId): Write<Task> {
    return this.attempt(() => this.#decided(id, [], (task) => renewFields(task, this.#actor)));
  }

  release(id: RecordId, why?: string): Write<Task> {
    return this.attempt(() => {
      const reason = why === undefined ? undefined : parse(wordsSchema, why, 'why');
      return this.#decided(id, [], (task) => releaseFields(task, this.#actor, reason));
    });
  }

  complete(id: RecordId, result?: string): Write<Task> {
    return this.#end(id, (nameOf) => {
      const outcome = result === undefined ? undefined : parse(v.string(), result, 'result');
      return (task) => completeFields(task, this.#actor, { result: outcome, nameOf });
    });
  }

  fail(id: RecordId, why: string): Write<Task> {
    return this.#end(id, (nameOf) => {
      const reason = parse(wordsSchema, why, 'why');
      return (task) => failFields(task, this.#actor, { why: reason, nameOf });
    });
  }

  comment(id: RecordId, text: string): Write<Task> {
    return this.attempt(() => {
      const words = parse(wordsSchema, text, 'text');
      return this.#decided(id, [], (task) => [eventField(task, { type: 'comment', text: words })]);
    });
  }

  async log(id: RecordId): Promise<readonly TaskEvent[]> {
    const record = await this.#record(id);
    const stored = await this.replica.store.envelopes(this.namespace, [record.id]);
    const context = segmentContext(this.replica.mesh, this.namespace, homeSegment(record.id));
    return readLog(loadEnvelopes(context, stored, []).envelopes);
  }

  async ready(query: TaskQuery = {}): Promise<readonly Task[]> {
    const graph = await this.#board.graph();
    const can = new Set(query.capabilities ?? this.session.agent.capabilities ?? []);
    const isAble = ({ requires }: TaskNode): boolean =>
      query.capabilities === 'any' || requires.every((word) => can.has(word));
    return this.#firstOf(graph.ready(), query, (id) => isAble(graph.node(id) as TaskNode));
  }

  async stale(query: TaskQuery = {}): Promise<readonly Task[]> {
    const graph = await this.#board.graph();
    const lapsed = [...graph.held()]
      .filter(([id, claim]) => this.#board.leases.isLapsed(id, claim))
      .sort(([, a], [, b]) => a.renewedAt + a.ttlMs - b.renewedAt - b.ttlMs)
      .map(([id]) => id);
    return this.#firstOf(lapsed, query, () => true);
  }

  async blocked(query: TaskQuery = {}): Promise<readonly BlockedTask[]> {
    const graph = await this.#board.graph();
    const tasks = await this.#firstOf(graph.blocked(), query, () => true);
    return tasks.map((task) => ({ task, by: graph.blockersOf(task.id) }));
  }

  async cycles(): Promise<Awaited<ReturnType<Tasks['cycles']>>> {
    this.replica.refuseWhenClosed();
    return (await this.#board.graph()).cycles();
  }

  async situation(id: RecordId): Promise<TaskSituation> {
    const record = await this.#record(id);
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

  notices(listener: (notices: readonly TaskNotice[]) => void): () => void {
    return this.#notices.listen(listener);
  }

  get #board(): TaskBoard {
    return this.replica.taskBoard(this.namespace);
  }

  get #actor(): TaskActor {
    return { agent: this.session.agent.id, session: this.session.id };
  }

  #state(id: RecordId, status: TaskState | null): TaskState {
    const [field] = this.patchFields(id, { [STATUS_FIELD]: status });
    return status === null || field === undefined ? 'submitted' : status;
  }

  /** An update of the state: what its session was not shown stands beside it, like any other field. */
  #moved(
    task: StandingTask,
    id: RecordId,
    to: TaskState,
    why: string | undefined,
  ): readonly OperationField[] {
    const shown = this.session.contextOf(this.namespace, id, STATUS_FIELD);
    return stateFields(task, this.#actor, to, why).map((one) =>
      one.field === STATUS_FIELD ? { ...one, context: shown } : one,
    );
  }

  #end(
    id: RecordId,
    prepare: (
      nameOf: (agent: AgentId) => string,
    ) => (task: StandingTask) => readonly OperationField[],
  ): Write<Task> {
    return this.attempt(async () => {
      const nameOf = await this.#names(taskOf(await this.#record(id)));
      const operate = prepare(nameOf);
      const task = { namespace: this.namespace, id };
      try {
        return await this.#notices.ending(task, () => this.#decided(id, [], operate));
      } finally {
        // Refused, too: what refused it is news.
        await this.#follow(id);
      }
    });
  }

  /** Writes what `operate` makes of the task as it stands when its turn has come. */
  #decided(
    id: RecordId,
    fields: readonly FieldWrite[],
    operate: (task: StandingTask) => readonly OperationField[],
    more: { readonly reason?: string } = {},
  ): ReturnType<TaskCollection['writeRecord']> {
    const decide = (standing: readonly VerifiedEnvelope[]): readonly FieldWrite[] => {
      const facts = readTask(standing, this.replica.rules.of(this.namespace, taskDefinition.name));
      if (facts === undefined) throw this.notFound(id);
      const { runtime } = this.replica;
      const task: StandingTask = {
        facts,
        standing,
        now: Math.floor(runtime.now()),
        freshName: () => this.replica.freshLocalId(),
      };
      return operate(task).map(({ field, context, value }) => ({
        field,
        context,
        data: encodeUtf8(canonicalJson(value)),
      }));
    };
    return this.writeRecord(parseRecordId(id), fields, 'existing', { ...more, decide });
  }

  async #record(id: RecordId): Promise<StoredRecord> {
    this.replica.refuseWhenClosed();
    const record = await this.replica.store.record(this.namespace, parseRecordId(id));
    if (record?.collection === 'task') return record;
    const { segments } = this.replica;
    if (record === undefined) this.replica.fetch(segments.place(this.namespace, homeSegment(id)));
    throw this.notFound(id);
  }

  async #follow(id: RecordId): Promise<void> {
    this.#notices.follow(await this.replica.store.record(this.namespace, id));
  }

  /** @throws MnemeshError `lacks_capability` */
  #refuseIncapable({ requires }: Task, can: readonly string[]): void {
    const lacking = requires.filter((word) => !can.includes(word));
    if (lacking.length === 0) return;
    throw new MnemeshError(
      'lacks_capability',
      `This task requires ${lacking.join(', ')}, which ${this.session.agent.name} has not declared. Leave it to an agent that has, or claim it with these capabilities.`,
    );
  }

  /** @returns the names of the tasks that had to be completed first @throws MnemeshError `blocked` */
  async #refuseBlocked(record: StoredRecord): Promise<readonly string[]> {
    const blockers = await this.#board.blockersOf(record);
    if (blockers.length === 0) return blockersNamed(record);
    const listed = blockers.slice(0, 5).map(({ on, state }) => `${on} (${state})`);
    const more = blockers.length > 5 ? ` and ${blockers.length - 5} more` : '';
    throw new MnemeshError(
      'blocked',
      `This task waits for ${listed.join(', ')}${more}. Complete these first, or remove the dependency.`,
      { retryable: true },
    );
  }

  /** Dependencies that came between the look at them and the claim's turn were not judged. */
  #refuseRewired(judged: StoredRecord, standing: readonly VerifiedEnvelope[]): void {
    const now = this.replica.project(judged, standing);
    const names = new Set(blockersNamed(judged));
    if (now === undefined || blockersNamed(now).every((name) => names.has(name))) return;
    throw new MnemeshError('blocked', 'This task got another dependency just now. Try again.', {
      retryable: true,
    });
  }

  async #token(
    task: Task,
    ttlMs: number,
    isLapsed: (claim: NonNullable<Task['claim']>) => boolean,
    nameOf: (agent: AgentId) => string,
  ): Promise<ClaimToken | undefined> {
    if (task.claim !== undefined && isHeldBy(task.claim, this.#actor)) return undefined;
    return strictToken(
      { namespace: task.namespace, record: task.id, ...this.#actor, ttlMs },
      task.claims ?? [],
      { ask: (request) => this.replica.claimAtRelay(request), isLapsed, nameOf },
    );
  }

  /** Names of the agents that a refusal may have to name. */
  async #names({ claim }: Task): Promise<(agent: AgentId) => string> {
    if (claim === undefined) return (agent) => agent.slice(0, 8);
    const member = await this.replica.store.record(DIRECTORY_NAMESPACE, memberId(claim.agent));
    const view = JSON.parse(member?.view ?? '{}') as {
      readonly fields?: { readonly name?: string };
    };
    const name = view.fields?.name;
    return (agent) => (agent === claim.agent && name !== undefined ? name : agent.slice(0, 8));
  }

  async #firstOf(
    ids: Iterable<RecordId>,
    { limit }: TaskQuery,
    fits: (id: RecordId) => boolean,
  ): Promise<readonly Task[]> {
    this.replica.refuseWhenClosed();
    const chosen: RecordId[] = [];
    const most = parseLimit(limit);
    for (const id of ids) {
      if (chosen.length >= most) break;
      if (fits(id)) chosen.push(id);
    }
    const records = await Promise.all(
      chosen.map((id) => this.replica.store.record(this.namespace, id)),
    );
    return records.flatMap((record) => this.show(record) ?? []);
  }
}

/** @throws MnemeshError `bad_input` for an advisory claim on a task that takes only strict ones */
function modeOf({ claimMode }: Task, asked: ClaimMode | undefined): ClaimMode {
  const mode = asked ?? claimMode ?? 'advisory';
  if (mode === 'advisory' && claimMode === 'strict') {
    throw new MnemeshError(
      'bad_input',
      'This task takes strict claims only: claim it with mode "strict" while the relay is reachable.',
    );
  }
  return mode;
}

/** For a look of our own: the session was not shown it, and must not replace what it holds. */
function taskOf(record: StoredRecord): Task {
  return viewOf(record, JSON.parse(record.view) as StoredView) as Task;
}

function factsOf(task: Task): StandingTask['facts'] {
  return {
    status: task.status,
    statuses: undefined,
    claims: task.claims ?? [],
    completions: [],
    accepted: undefined,
  };
}
