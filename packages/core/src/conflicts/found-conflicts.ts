import { type Clock, type Namespace, parseNamespace, type RecordId } from '@mnemesh/protocol';
import type { FieldConflict, FieldValue } from '../collections/collection.js';
import { memoryDefinition } from '../collections/memory-item.js';
import { clockIso } from '../hybrid-clock.js';
import type { StoredRecord, TopicPlace } from '../ports/index.js';
import { resolveValue } from '../records/policies.js';
import type { StoredView } from '../records/projection.js';
import type { Replica } from '../replica/replica.js';
import type { Conflict, ConflictQuery, ConflictValue } from './conflict.js';
import { type ContestedTopic, contestedTopics, topicsOf } from './contested-topics.js';
import {
  type ContradictingHeads,
  contradictionIn,
  latestOf,
  type TopicHead,
  textOf,
  topicName,
} from './topic-heads.js';

/** Conflicts of one listing. */
export const MOST_CONFLICTS = 1_000;

/** A conflict, and the records that whoever gets to see it is shown. */
export interface FoundConflict {
  readonly conflict: Conflict;
  readonly records: readonly StoredRecord[];
  /** Of a topic: as the store knows it. */
  readonly topic?: string;
  /** Of a topic: the clock of its latest head. */
  readonly latest?: Clock;
}

/** Reads conflicts from the store. Shows nothing to anybody. */
export class ConflictFinder {
  readonly #replica: Replica;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** The latest first. */
  async find(query: ConflictQuery, limit: number): Promise<readonly FoundConflict[]> {
    const { kind, record, open = true } = query;
    const namespaces = query.namespaces?.map(parseNamespace);
    const found: FoundConflict[] = [];
    if (kind !== 'topic') found.push(...(await this.#inFields(namespaces, record, open, limit)));
    if (kind !== 'field') found.push(...(await this.#inTopics(namespaces, record, open, limit)));
    return found
      .filter(({ conflict }) => open === 'any' || conflict.open)
      .sort((a, b) => compareLatest(a.conflict, b.conflict))
      .slice(0, limit);
  }

  /** Conflicts in the fields of a record, settled ones too. */
  ofRecord(record: StoredRecord): readonly FoundConflict[] {
    const { conflicts } = JSON.parse(record.view) as StoredView;
    return conflicts.map((conflict) => ({
      conflict: this.#fieldConflict(record, conflict),
      records: [record],
    }));
  }

  async ofTopic({ namespace, topic }: TopicPlace): Promise<FoundConflict | undefined> {
    const contradiction = await contradictionIn(this.#replica.store, namespace, topic);
    return contradiction === undefined ? undefined : this.#topicConflict(contradiction);
  }

  /** Which of these items contradict another one, so that somebody should decide. */
  async contradicted(records: readonly StoredRecord[]): Promise<ReadonlySet<StoredRecord>> {
    const places = new Map<string, TopicPlace>();
    for (const record of records)
      for (const place of topicsOf(record)) places.set(`${place.namespace} ${place.topic}`, place);
    const found = await Promise.all([...places.values()].map((place) => this.ofTopic(place)));
    const ids = new Set(
      found.flatMap((one) =>
        one?.conflict.open ? one.records.map(({ namespace, id }) => `${namespace} ${id}`) : [],
      ),
    );
    return new Set(records.filter(({ namespace, id }) => ids.has(`${namespace} ${id}`)));
  }

  async #inFields(
    namespaces: readonly Namespace[] | undefined,
    id: RecordId | undefined,
    open: true | 'any',
    limit: number,
  ): Promise<readonly FoundConflict[]> {
    const records = await this.#replica.store.query({
      ...(namespaces === undefined ? {} : { namespaces }),
      ...(open === 'any' ? { refersTo: { kind: 'contested' } } : { conflicted: true }),
      archived: 'any',
      limit: id === undefined ? limit : 10_000,
    });
    return records
      .filter((record) => id === undefined || record.id === id)
      .flatMap((record) => this.ofRecord(record));
  }

  async #inTopics(
    namespaces: readonly Namespace[] | undefined,
    id: RecordId | undefined,
    open: true | 'any',
    limit: number,
  ): Promise<readonly FoundConflict[]> {
    const found = new Map<string, FoundConflict>();
    const latest: Clock[] = [];
    for await (const place of this.#topics(namespaces, id)) {
      // Topics come by what was their latest: those that follow are no later than this one.
      if (isBefore(place.latest, latest[limit - 1])) break;
      const one = await this.ofTopic(place);
      if (one === undefined || (open === true && !one.conflict.open)) continue;
      if (id !== undefined && !one.records.some((record) => record.id === id)) continue;
      // Items that share two topics contradict each other once.
      const key = `${place.namespace} ${one.conflict.id}`;
      if (!found.has(key)) insertDescending(latest, one.latest ?? (0 as Clock));
      found.set(key, one);
    }
    return [...found.values()];
  }

  /** Every topic that may hold a contradiction, the latest first; of an item whose namespace is given, only its own. */
  async *#topics(
    namespaces: readonly Namespace[] | undefined,
    id: RecordId | undefined,
  ): AsyncGenerator<TopicPlace & Partial<ContestedTopic>> {
    const { store } = this.#replica;
    if (id !== undefined && namespaces !== undefined) {
      for (const namespace of namespaces) {
        const record = await store.record(namespace, id);
        if (record !== undefined) yield* topicsOf(record);
      }
      return;
    }
    const places = await contestedTopics(this.#replica).places();
    yield* places.filter(
      ({ namespace }) => namespaces === undefined || namespaces.includes(namespace),
    );
  }

  #fieldConflict(
    { namespace, id, collection }: StoredRecord,
    { id: conflict, field, chosen, others, open }: FieldConflict,
  ): Conflict {
    const value = ({ version, agent, at, value }: FieldValue): ConflictValue => ({
      version,
      agent,
      authorKind: this.#replica.rules.kindOf(agent),
      at,
      value,
    });
    return {
      id: conflict,
      kind: 'field',
      namespace,
      collection,
      record: id,
      field,
      values: [value(chosen), ...others.map(value)],
      policy: this.#replica.rules.of(namespace, collection).policy,
      open,
    };
  }

  #topicConflict({ id, namespace, topic, heads }: ContradictingHeads): FoundConflict {
    const rules = this.#replica.rules.of(namespace, memoryDefinition.name);
    const { chosen, open } = resolveValue(
      rules,
      heads.map((head) => ({ causal: causalOf(head), value: textOf(head) })),
    );
    const ordered = [...heads].sort((a, b) =>
      a.version === chosen.causal.version ? -1 : b.version === chosen.causal.version ? 1 : 0,
    );
    const values = ordered.map(({ version, agent, clock, view, id: record }) => ({
      version,
      agent,
      authorKind: this.#replica.rules.kindOf(agent),
      at: clockIso(clock),
      value: view.fields.content ?? null,
      record,
    }));
    return {
      conflict: {
        id,
        kind: 'topic',
        namespace,
        collection: memoryDefinition.name,
        topic: topicName(heads) ?? topic,
        values: values as [ConflictValue, ...ConflictValue[]],
        policy: rules.policy,
        open,
      },
      records: heads.map(({ record }) => record),
      topic,
      latest: latestOf(heads),
    };
  }
}

/** By milliseconds, as conflicts are ordered. */
function isBefore(one: Clock | undefined, other: Clock | undefined): boolean {
  return one !== undefined && other !== undefined && clockIso(one) < clockIso(other);
}

function insertDescending(clocks: Clock[], clock: Clock): void {
  const at = clocks.findIndex((one) => one < clock);
  clocks.splice(at === -1 ? clocks.length : at, 0, clock);
}

function causalOf({ version, agent, session, clock }: TopicHead) {
  return { version, agent, session, clock, context: new Map() };
}

function compareLatest(a: Conflict, b: Conflict): number {
  const [one, other] = [latest(a), latest(b)];
  if (one !== other) return one < other ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}

function latest({ values }: Conflict): string {
  return (
    values
      .map(({ at }) => at)
      .sort()
      .at(-1) ?? ''
  );
}
