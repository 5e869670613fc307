import type { MemoryItem, Write } from '@mnemesh/core';
import { parseNamespace, type RecordId } from '@mnemesh/protocol';
import type { SeededRandom } from '../seeded-random.js';
import type { Device, DeviceSession } from './device.js';
import { type Model, type ModelRecord, type ModelWrite, tokensIn } from './model.js';

const NAMESPACE = parseNamespace('shared/memory');
/** Few, so that sessions meet on them. */
const TOPICS = ['release', 'office'] as const;
/** Items of a topic that are acted on, the latest. */
const HOT_ITEMS = 6;

/** How the users of a world wait for what they began. */
export interface Following {
  follow(
    session: DeviceSession,
    record: ModelRecord,
    write: ModelWrite,
    call: Write<unknown>,
  ): void;
  background(work: Promise<unknown>): void;
}

/** Users who write on topics, read them or not, replace what is said there, and reconcile it. */
export class TopicUsers {
  readonly #model: Model;
  readonly #random: SeededRandom;
  readonly #following: Following;

  constructor(model: Model, random: SeededRandom, following: Following) {
    this.#model = model;
    this.#random = random;
    this.#following = following;
  }

  remember(device: Device, session: DeviceSession): boolean {
    return this.#write(device, session, this.#random.pick(TOPICS), []);
  }

  read(session: DeviceSession): boolean {
    const listing = session.mesh.memory
      .list({ topic: this.#random.pick(TOPICS), limit: 20 })
      .then((items) => this.#show(session, items));
    this.#following.background(listing);
    return true;
  }

  /** An edit of an item, read first or known by its id alone. */
  supersede(device: Device, session: DeviceSession): boolean {
    const topic = this.#random.pick(TOPICS);
    const known = this.#items(topic);
    if (known.length === 0) return false;
    const record = this.#random.pick(known.slice(-HOT_ITEMS));
    if (this.#random.chance(0.3)) return this.#write(device, session, topic, [record]);
    const reading = session.mesh.memory.get(record.id as RecordId).then((item) => {
      if (item === undefined) return;
      this.#show(session, [item]);
      this.#write(device, session, topic, [record]);
    });
    this.#following.background(reading);
    return true;
  }

  /** Takes what is in conflict on a topic and puts one item in its place. */
  reconcile(device: Device, session: DeviceSession): boolean {
    const listing = session.mesh.conflicts.list({ kind: 'topic' }).then((conflicts) => {
      if (conflicts.length === 0) return;
      for (const { values } of conflicts) {
        for (const { record: id, value } of values) {
          const record = this.#model.recordOf(NAMESPACE, id ?? '');
          if (record !== undefined) session.seen.show(record, tokensIn(value));
        }
      }
      const { topic, values } = this.#random.pick(conflicts);
      const records = values.flatMap(
        ({ record: id }) => this.#model.recordOf(NAMESPACE, id ?? '') ?? [],
      );
      if (records.length === values.length) this.#write(device, session, String(topic), records);
    });
    this.#following.background(listing);
    return true;
  }

  /** An item that was replaced; one in the middle of a chain, if there is any. */
  superseded(): ModelRecord | undefined {
    const replaced = TOPICS.flatMap((topic) => this.#items(topic)).flatMap(
      ({ writes }) => writes.find(({ kind }) => kind === 'base')?.topic?.supersedes ?? [],
    );
    const middle = replaced.filter(({ writes }) =>
      writes.some(({ topic }) => (topic?.supersedes ?? []).length > 0),
    );
    const chosen = middle.length > 0 ? middle : replaced;
    return chosen.length === 0 ? undefined : this.#random.pick(chosen);
  }

  #write(
    device: Device,
    session: DeviceSession,
    topic: string,
    supersedes: readonly ModelRecord[],
  ): boolean {
    const record = this.#model.addRecord(NAMESPACE, 'memory');
    const known = new Set(session.seen.ofTopic(topic));
    const write = this.#model.begin(
      record,
      {
        kind: 'base',
        field: '',
        device: device.name,
        agent: session.mesh.agent.id,
        session: session.number,
        isOfTab: session.tab !== undefined,
        topic: { name: topic, supersedes, known, maybeKnown: new Set(known) },
      },
      session.seen,
    );
    session.seen.show(record, [write.token]);
    const ids = supersedes.map(({ id }) => id as RecordId);
    const input = { content: `${write.token} says so`, topic };
    const call =
      ids.length === 0
        ? session.mesh.memory.create(input)
        : session.mesh.memory.create({ ...input, supersedes: ids });
    this.#following.follow(session, record, write, call);
    return true;
  }

  #show(session: DeviceSession, items: readonly MemoryItem[]): void {
    for (const item of items) {
      const record = this.#model.recordOf(NAMESPACE, item.id);
      if (record !== undefined) session.seen.show(record, tokensIn(item));
    }
  }

  #items(topic: string): readonly ModelRecord[] {
    return this.#model.records.filter(
      ({ id, writes }) => id !== undefined && writes[0]?.topic?.name === topic,
    );
  }
}
