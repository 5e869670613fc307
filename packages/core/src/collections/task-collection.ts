import {
  type AgentId,
  homeSegment,
  parseRecordId,
  type RecordId,
  segmentContext,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { encodeUtf8 } from 'lib0/string';
import * as v from 'valibot';
import { parseOpenNamespace } from '../documents/directory.js';
import type { FieldWrite } from '../documents/record-write.js';
import { loadEnvelopes } from '../documents/stored-envelope.js';
import type { StoredRecord } from '../ports/index.js';
import { canonicalJson } from '../records/canonical-json.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import type { TaskBoard } from '../tasks/task-board.js';
import { readTask, stateOf } from '../tasks/task-facts.js';
import { BLOCKS, PLAN_FIELDS, STATUS_FIELD } from '../tasks/task-fields.js';
import { readLog, type TaskEvent, WORDS_CHARS } from '../tasks/task-log.js';
import type { TaskNotice, TaskNotices } from '../tasks/task-notices.js';
import {
  completeFields,
  eventField,
  failFields,
  type OperationField,
  releaseFields,
  renewFields,
  type StandingTask,
  settledFields,
  stateFields,
  type TaskActor,
} from '../tasks/task-operations.js';
import type { TaskState } from '../tasks/task-state.js';
import type { Write, Written } from '../write.js';
import type { Json } from './collection.js';
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
import { TaskClaiming, taskOf } from './task-claiming.js';
import { TaskLists } from './task-lists.js';

const wordsSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(WORDS_CHARS));

/** The tasks of one namespace, as one session sees and works on them. */
export class TaskCollection extends RecordCollection<Task, TaskInput, TaskPatch> implements Tasks {
  readonly #notices: TaskNotices;
  readonly #claiming: TaskClaiming;
  readonly #lists: TaskLists;

  constructor(replica: Replica, session: Session, notices: TaskNotices, namespace?: string) {
    super(replica, session, taskDefinition, namespace);
    this.#notices = notices;
    this.#claiming = new TaskClaiming(replica, session);
    this.#lists = new TaskLists(replica, session, this.namespace, (record) => this.show(record));
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
      const asked = this.#claiming.options(options);
      const record = await this.#record(id);
      const claim = await this.#claiming.prepare(this.#board, record, asked);
      const written = await this.#decided(id, [], claim.fields);
      for (const blocker of claim.blockers) this.#notices.rest(record.id, blocker);
      await this.#follow(id);
      this.#holds(record.id, true);
      return written;
    });
  }

  renew(id: RecordId): Write<Task> {
    return this.attempt(() => this.#decided(id, [], (task) => renewFields(task, this.#actor)));
  }

  release(id: RecordId, why?: string): Write<Task> {
    return this.attempt(async () => {
      const reason = why === undefined ? undefined : parse(wordsSchema, why, 'why');
      const written = await this.#decided(id, [], (task) =>
        releaseFields(task, this.#actor, reason),
      );
      this.#holds(id, false);
      return written;
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

  ready(query: TaskQuery = {}): Promise<readonly Task[]> {
    return this.#lists.ready(query);
  }

  stale(query: TaskQuery = {}): Promise<readonly Task[]> {
    return this.#lists.stale(query);
  }

  blocked(query: TaskQuery = {}): Promise<readonly BlockedTask[]> {
    return this.#lists.blocked(query);
  }

  async cycles(): Promise<Awaited<ReturnType<Tasks['cycles']>>> {
    this.replica.refuseWhenClosed();
    return (await this.#board.graph()).cycles();
  }

  async situation(id: RecordId): Promise<TaskSituation> {
    return this.#lists.situation(await this.#record(id));
  }

  notices(listener: (notices: readonly TaskNotice[]) => void): () => void {
    return this.#notices.listen(listener);
  }

  /** What a session works on is told with its presence. */
  #holds(id: RecordId, isHeld: boolean): void {
    this.replica.presence.holds(this.session, { namespace: this.namespace, id }, isHeld);
  }

  get #board(): TaskBoard {
    return this.replica.tasks.board(this.namespace);
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
      const nameOf = await this.#claiming.names(taskOf(await this.#record(id)));
      const operate = prepare(nameOf);
      const task = { namespace: this.namespace, id };
      try {
        const written = await this.#notices.ending(task, () => this.#decided(id, [], operate));
        this.#holds(id, false);
        return written;
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
}
