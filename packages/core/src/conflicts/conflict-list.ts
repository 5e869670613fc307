import { MnemeshError, type Namespace, type RecordId } from '@mnemesh/protocol';
import type { Json, RecordView } from '../collections/collection.js';
import { definitionOf } from '../collections/definitions.js';
import { MemoryCollection } from '../collections/memory-collection.js';
import type { MemoryInput } from '../collections/memory-item.js';
import { parseLimit } from '../collections/page-limit.js';
import { RecordCollection } from '../collections/record-collection.js';
import { type CollectionDefinition, parsePatch } from '../collections/schema.js';
import { taskDefinition } from '../collections/task.js';
import { TaskCollection } from '../collections/task-collection.js';
import { ARCHIVED_FIELD, type StoredView } from '../records/projection.js';
import { readRecord } from '../records/shown.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import { Write, type Written } from '../write.js';
import type {
  Conflict,
  ConflictChange,
  ConflictChoice,
  ConflictQuery,
  Conflicts,
  ConflictValue,
} from './conflict.js';
import { ConflictWatch } from './conflict-watch.js';
import { ConflictFinder, type FoundConflict, MOST_CONFLICTS } from './found-conflicts.js';

/** Conflicts as one session sees and settles them. */
export class ConflictList implements Conflicts {
  readonly #replica: Replica;
  readonly #session: Session;
  readonly #finder: ConflictFinder;

  constructor(replica: Replica, session: Session) {
    this.#replica = replica;
    this.#session = session;
    this.#finder = new ConflictFinder(replica);
  }

  async list(query: ConflictQuery = {}): Promise<readonly Conflict[]> {
    this.#replica.refuseWhenClosed();
    const limit = parseLimit(query.limit, MOST_CONFLICTS);
    return (await this.#finder.find(query, limit)).map((found) => this.#show(found));
  }

  watch(listener: (changes: readonly ConflictChange[]) => void): () => void {
    const watch = new ConflictWatch(this.#replica, this.#finder, (changes) =>
      listener(
        changes.map(({ id, found }) => ({
          id,
          conflict: found === undefined ? undefined : this.#show(found),
        })),
      ),
    );
    return () => watch.end();
  }

  resolve(
    conflict: Conflict,
    choice: ConflictChoice,
    { reason }: { readonly reason?: string } = {},
  ): Write<RecordView> {
    const run = async (): Promise<Written<RecordView>> => {
      this.#replica.refuseWhenClosed();
      const write = conflict.kind === 'field' ? this.#settleField : this.#settleTopic;
      const settling = await this.#replica.writes.prepare(
        write.call(this, conflict, choice, reason),
      );
      const value = await settling.write;
      return {
        value,
        stages: { acked: () => settling.write.acked, synced: () => settling.write.synced },
      };
    };
    return new Write(run());
  }

  #show({ conflict, records }: FoundConflict): Conflict {
    for (const record of records) readRecord(this.#session, record);
    return conflict;
  }

  /** @returns the write in an object, or awaiting this would await the write */
  async #settleField(
    conflict: Conflict,
    choice: ConflictChoice,
    reason: string | undefined,
  ): Promise<{ readonly write: Write<RecordView> }> {
    const { namespace, collection, field = '' } = conflict;
    const id = conflict.record as RecordId;
    const definition = definitionOf(collection);
    const record = await this.#replica.store.record(namespace, id);
    const found =
      record === undefined ? [] : this.#finder.ofRecord(record).map((one) => one.conflict.id);
    if (definition === undefined || !found.includes(conflict.id)) throw isOver(conflict);
    if ('item' in choice)
      throw new MnemeshError('bad_input', 'A field takes a value: { keep } or { value }.');
    let value: Json;
    if ('keep' in choice) value = keptValue(conflict, choice.keep).value;
    else if (field === ARCHIVED_FIELD) value = choice.value === true;
    else if (definition.writeOnce.has(field))
      throw new MnemeshError('write_once', `"${field}" is written once: keep one of its values.`);
    else value = parsePatch(definition, field, choice.value);
    const records = this.#collection(definition, namespace);
    return { write: records.settle(id, field, value, reason) };
  }

  #collection(
    definition: CollectionDefinition,
    namespace: Namespace,
  ): Pick<RecordCollection<RecordView, object, object>, 'settle'> {
    if (definition !== taskDefinition)
      return new RecordCollection(this.#replica, this.#session, definition, namespace);
    const notices = this.#replica.tasks.noticesOf(this.#session.id);
    return new TaskCollection(this.#replica, this.#session, notices, namespace);
  }

  async #settleTopic(
    conflict: Conflict,
    choice: ConflictChoice,
    reason: string | undefined,
  ): Promise<{ readonly write: Write<RecordView> }> {
    const { namespace, values } = conflict;
    const ids = values.flatMap(({ record }) => record ?? []);
    const [record] = ids;
    const found = await this.#finder.find(
      {
        namespaces: [namespace],
        kind: 'topic',
        open: 'any',
        ...(record === undefined ? {} : { record }),
      },
      MOST_CONFLICTS,
    );
    if (!found.some((one) => one.conflict.id === conflict.id)) throw isOver(conflict);
    const memory = new MemoryCollection(this.#replica, this.#session, namespace);
    let item: MemoryInput;
    if ('item' in choice) item = choice.item;
    else if ('keep' in choice)
      item = await this.#copyOf(conflict, keptValue(conflict, choice.keep).record as RecordId);
    else if (typeof choice.value === 'string') item = { content: choice.value };
    else throw new MnemeshError('bad_input', 'A topic takes an item: { keep }, or { item }.');
    return { write: memory.reconcile(ids, item, reason === undefined ? {} : { reason }) };
  }

  /** What is kept is said again by whoever decides, in an item that takes the place of all. */
  async #copyOf({ namespace }: Conflict, id: RecordId): Promise<MemoryInput> {
    const record = await this.#replica.store.record(namespace, id);
    const { fields } = JSON.parse(record?.view ?? '{"fields":{}}') as StoredView;
    const { lineage: _, supersedes: __, confirmations: ___, ...kept } = fields;
    const sources = Array.isArray(kept.sources) ? kept.sources : [];
    return { ...kept, sources: [...sources, id] } as unknown as MemoryInput;
  }
}

function keptValue({ values, id }: Conflict, version: string): ConflictValue {
  const kept = values.find((one) => one.version === version);
  if (kept !== undefined) return kept;
  throw new MnemeshError('bad_input', `Version ${version} is none of the conflict ${id}.`);
}

function isOver({ id }: Conflict): MnemeshError {
  return new MnemeshError(
    'not_found',
    `The conflict ${id} is settled, or has become another one. List the conflicts again.`,
  );
}
