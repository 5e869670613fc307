import type { Mesh, RecordView, Write } from '@mnemesh/core';
import { hasCode, importedRecordId, parseNamespace, type RecordId } from '@mnemesh/protocol';
import type { SeededRandom } from '../seeded-random.js';
import type { Device, DeviceSession } from './device.js';
import { type Model, type ModelRecord, type ModelWrite, tokensIn } from './model.js';
import { noteActions } from './purged-notes.js';
import { isTaskRefusal, TaskWork, taskActions } from './task-work.js';
import { TopicUsers } from './topic-users.js';
import type { World } from './world.js';

/** What users do. Weights say how often, so that every kind occurs hundreds of times in a run. */
export const userActions = {
  create_task: 6,
  create_memory: 4,
  create_tool: 2,
  create_burst: 2,
  import_task: 2,
  read: 16,
  list: 3,
  update_after_read: 18,
  update_unread: 10,
  update_everywhere: 4,
  add_member: 5,
  remove_member: 5,
  archive: 3,
  forget: 2,
  remember_on_topic: 5,
  read_topic: 4,
  supersede: 4,
  reconcile: 3,
  forget_superseded: 2,
  new_session: 3,
  ...noteActions,
  ...taskActions,
} as const;
export type UserAction = keyof typeof userActions;

const namespaces = ['shared/tasks', 'shared/memory', 'team/notes', 'shared/tools'].map(
  parseNamespace,
);
const taskFields = ['title', 'notes', 'assignee', 'result'] as const;
const members = ['a', 'b', 'c'] as const;
/** Most writes go to few records, as in life, or nothing would ever be concurrent. */
const HOT_RECORDS = 6;

/** The users of a world: they act at random devices, and the model notes what each was promised. */
export class Users {
  readonly #world: World;
  readonly #model: Model;
  readonly #random: SeededRandom;
  readonly #topics: TopicUsers;
  readonly #tasks: TaskWork;

  constructor(world: World) {
    this.#world = world;
    this.#tasks = new TaskWork(world, {
      begin: (device, session, record, field) =>
        this.#begin(device, session, record, 'value', field),
      follow: (session, record, write, call) => this.#follow(session, record, write, call),
      background: (session, record, call) =>
        this.#background(call.saved.then((view) => session.seen.show(record, tokensIn(view)))),
    });
    this.#model = world.model;
    this.#random = world.random.fork('users');
    this.#topics = new TopicUsers(world.model, world.random.fork('topics'), {
      follow: (session, record, write, call) => this.#follow(session, record, write, call),
      background: (work) => this.#background(work),
    });
  }

  /** @returns false when nobody could do this now */
  act(action: UserAction): boolean {
    if (action === 'create_note' || action === 'purge_notes') return this.#world.notes.act(action);
    const device = this.#pick(this.#world.up);
    const session = device === undefined ? undefined : this.#pick(device.sessions);
    if (device === undefined || session === undefined) return false;
    switch (action) {
      case 'create_task':
        return this.#create(device, session, 'task');
      case 'create_memory':
        return this.#create(device, session, 'memory');
      case 'create_tool':
        return this.#create(device, session, 'tool');
      case 'create_burst':
        for (let i = 0; i < 8; i++) this.#create(device, session, 'task');
        return true;
      case 'import_task':
        return this.#import(device, session);
      case 'read':
        return this.#withRecord((record) => this.#read(session, record));
      case 'list':
        return this.#list(session);
      case 'update_after_read':
        return this.#withRecord(
          (record) => this.#read(session, record, () => this.#update(device, session, record)),
          'task',
        );
      case 'update_unread':
        return this.#withRecord((record) => this.#update(device, session, record), 'task');
      case 'update_everywhere':
        return this.#updateEverywhere();
      case 'add_member':
        return this.#withRecord((record) => this.#member(device, session, record, 'add'), 'task');
      case 'remove_member':
        return this.#withRecord(
          (record) =>
            this.#read(session, record, () => this.#member(device, session, record, 'remove')),
          'task',
        );
      case 'archive':
        return this.#withRecord((record) => this.#archive(session, record), 'task');
      case 'forget':
        return this.#withRecord((record) => this.#forget(device, session, record));
      case 'remember_on_topic':
        return this.#topics.remember(device, session);
      case 'read_topic':
        return this.#topics.read(session);
      case 'supersede':
        return this.#topics.supersede(device, session);
      case 'reconcile':
        return this.#topics.reconcile(device, session);
      case 'forget_superseded': {
        const record = this.#topics.superseded();
        return record !== undefined && this.#forget(device, session, record);
      }
      case 'new_session':
        this.#background(device.addSession());
        return true;
      default:
        return this.#withRecord((record) => {
          this.#tasks.act(action, device, session, record);
          return true;
        }, 'task');
    }
  }

  /** Creates some records at one device and waits for nothing. */
  writeAt(device: Device, count: number): void {
    const session = device.sessions.at(-1);
    if (session === undefined) return;
    for (let i = 0; i < count; i++) {
      if (this.#random.chance(0.5)) this.#create(device, session, 'task');
      else this.#withRecord((record) => this.#update(device, session, record), 'task');
    }
  }

  #create(device: Device, session: DeviceSession, collection: ModelRecord['collection']): boolean {
    const namespace =
      collection === 'task'
        ? this.#random.pick([namespaces[0], namespaces[2]])
        : collection === 'memory'
          ? namespaces[1]
          : namespaces[3];
    const record = this.#model.addRecord(namespace as never, collection);
    const write = this.#begin(device, session, record, 'base', '');
    const { tasks, memory, tools } = session.mesh;
    const value = `${write.token} created`;
    const created: Write<RecordView> =
      collection === 'task'
        ? tasks.in(record.namespace).create({ title: value, priority: 2 })
        : collection === 'memory'
          ? memory.in(record.namespace).create({ content: value, kind: 'fact' })
          : tools.in(record.namespace).create({ tool: value, state: { step: 1 } });
    this.#follow(session, record, write, created);
    return true;
  }

  /** The same source record, imported by whoever happens to. */
  #import(device: Device, session: DeviceSession): boolean {
    const source = `item-${this.#random.int(4)}`;
    const id = importedRecordId('test', 'tracker', source, '2030-01');
    const namespace = namespaces[0] as ModelRecord['namespace'];
    const record = this.#model.recordOf(namespace, id) ?? this.#model.addRecord(namespace, 'task');
    record.id = id;
    const write = this.#begin(device, session, record, 'base', '');
    this.#follow(
      session,
      record,
      write,
      session.mesh.tasks.import({
        id,
        input: { title: `imported ${source}`, ref: `test:${source}` },
      }),
    );
    return true;
  }

  #update(device: Device, session: DeviceSession, record: ModelRecord): boolean {
    const field = this.#random.pick(taskFields);
    const write = this.#begin(device, session, record, 'value', field);
    this.#patch(session, record, write, { [field]: `${write.token} at ${device.name}` });
    return true;
  }

  /** Every device writes the same field of one record at the same time. */
  #updateEverywhere(): boolean {
    return this.#withRecord((record) => {
      const field = this.#random.pick(taskFields);
      for (const device of this.#world.up) {
        const session = device.sessions.at(-1);
        if (session === undefined) continue;
        const write = this.#begin(device, session, record, 'value', field);
        this.#patch(session, record, write, { [field]: `${write.token} at ${device.name}` });
      }
      return true;
    }, 'task');
  }

  #member(
    device: Device,
    session: DeviceSession,
    record: ModelRecord,
    kind: 'add' | 'remove',
  ): boolean {
    const on = this.#random.pick(members);
    const write = this.#begin(device, session, record, kind, `dependencies/blocks:${on}`);
    const dependency = {
      type: 'blocks',
      on,
      ...(kind === 'add' ? { extra: { token: write.token } } : {}),
    };
    this.#patch(session, record, write, { dependencies: { [kind]: [dependency] } });
    return true;
  }

  #patch(
    session: DeviceSession,
    record: ModelRecord,
    write: ModelWrite,
    patch: Readonly<Record<string, unknown>>,
  ): void {
    const tasks = session.mesh.tasks.in(record.namespace);
    this.#follow(session, record, write, tasks.update(record.id as RecordId, patch));
  }

  #archive(session: DeviceSession, record: ModelRecord): boolean {
    const archived = session.mesh.tasks
      .in(record.namespace)
      .archive(record.id as RecordId, this.#random.chance(0.6))
      .saved.then((view) => session.seen.show(record, tokensIn(view)));
    this.#background(archived);
    return true;
  }

  #forget(device: Device, session: DeviceSession, record: ModelRecord): boolean {
    const write = this.#begin(device, session, record, 'forget', '~');
    this.#follow(
      session,
      record,
      write,
      this.#collection(session.mesh, record).forget(record.id as RecordId),
    );
    return true;
  }

  #read(session: DeviceSession, record: ModelRecord, then?: () => void): boolean {
    const reading = this.#collection(session.mesh, record)
      .get(record.id as RecordId)
      .then((view) => {
        if (view !== undefined) session.seen.show(record, tokensIn(view));
        then?.();
      });
    this.#background(reading);
    return true;
  }

  #list(session: DeviceSession): boolean {
    const listing = session.mesh.tasks.list({ limit: 5 }).then((views) => {
      for (const view of views) {
        const record = this.#model.recordOf(view.namespace, view.id);
        if (record !== undefined) session.seen.show(record, tokensIn(view));
      }
    });
    this.#background(listing);
    return true;
  }

  #begin(
    device: Device,
    session: DeviceSession,
    record: ModelRecord,
    kind: ModelWrite['kind'],
    field: string,
  ): ModelWrite {
    const write = this.#model.begin(
      record,
      {
        kind,
        field,
        device: device.name,
        agent: session.mesh.agent.id,
        session: session.number,
        isOfTab: session.tab !== undefined,
      },
      session.seen,
    );
    // A session's own writes count as shown to it from the moment of the call.
    session.seen.show(record, [write.token]);
    return write;
  }

  /** Notes what becomes of a write. After a crash of its device nothing of this happens any more. */
  #follow(
    session: DeviceSession,
    record: ModelRecord,
    write: ModelWrite,
    call: Write<unknown>,
  ): void {
    const { time } = this.#world;
    const saved = call.saved.then((view) => {
      write.savedAt = time.now();
      for (const token of session.seen.ofTopic(write.topic?.name ?? ''))
        write.topic?.maybeKnown.add(token);
      if (isView(view)) {
        record.id ??= view.id;
        session.seen.show(record, tokensIn(view));
      }
      const acked = call.acked.then(() => {
        this.#model.acked(write, time.now());
      });
      acked.catch(() => undefined); // closed before it was acked
    });
    this.#background(saved, write);
  }

  /** A refusal that says that nothing was written is an answer; what else fails leaves the write unknown. */
  #background(work: Promise<unknown>, write?: ModelWrite): void {
    work.catch((error) => {
      if (write !== undefined && (hasCode(error, 'not_found') || hasCode(error, 'closed')))
        write.refused = hasCode(error, 'not_found');
      if (write !== undefined && isTaskRefusal(error)) write.refused = true;
      if (isTaskRefusal(error)) return;
      if (hasCode(error, 'not_found') || hasCode(error, 'closed') || hasCode(error, 'store_failed'))
        return;
      this.#world.time.defect(error);
    });
  }

  #withRecord(
    act: (record: ModelRecord) => boolean,
    collection?: ModelRecord['collection'],
  ): boolean {
    const known = this.#model.records.filter(
      (record) =>
        record.id !== undefined && (collection === undefined || record.collection === collection),
    );
    if (known.length === 0) return false;
    return act(this.#random.pick(this.#random.chance(0.8) ? known.slice(-HOT_RECORDS) : known));
  }

  #collection(
    mesh: Mesh,
    { collection, namespace }: ModelRecord,
  ): {
    get(id: RecordId): Promise<RecordView | undefined>;
    forget(id: RecordId): Write<void>;
  } {
    if (collection === 'task') return mesh.tasks.in(namespace);
    return collection === 'memory' ? mesh.memory.in(namespace) : mesh.tools.in(namespace);
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : this.#random.pick(items);
  }
}

/** A forgotten record gives no view. */
function isView(value: unknown): value is RecordView {
  return typeof value === 'object' && value !== null && 'id' in value;
}
