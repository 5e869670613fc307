import { MnemeshError, type Namespace, parseRecordId, type RecordId } from '@mnemesh/protocol';
import { parseOpenNamespace } from '../documents/directory.js';
import type { StoredRecord, ThreadPlace } from '../ports/index.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import { allOf, type Write } from '../write.js';
import type { CollectionChange, CreateOptions, ListQuery } from './collection.js';
import {
  type Appended,
  type Conversation,
  type ConversationInput,
  type ConversationPatch,
  type Conversations,
  conversationDefinition,
  type EventQuery,
  type ImportedConversation,
} from './conversation.js';
import {
  type ConversationEvent,
  type EventInput,
  eventDefinition,
  type ImportedEvent,
} from './conversation-event.js';
import { parseLimit } from './page-limit.js';
import { RecordCollection } from './record-collection.js';

/** Events forgotten at a time: a few commits' worth. */
const FORGOTTEN_TOGETHER = 500;

/** Conversations of one namespace over two collections of records, as one session sees and writes them. */
export class RecordConversations implements Conversations {
  readonly #replica: Replica;
  readonly #session: Session;
  readonly #conversations: RecordCollection<Conversation, ConversationInput, ConversationPatch>;
  readonly #events: RecordCollection<ConversationEvent, object, object>;

  constructor(replica: Replica, session: Session, namespace?: string) {
    this.#replica = replica;
    this.#session = session;
    this.#conversations = new RecordCollection(replica, session, conversationDefinition, namespace);
    this.#events = new RecordCollection(replica, session, eventDefinition, namespace);
  }

  get namespace(): Namespace {
    return this.#conversations.namespace;
  }

  in(namespace: string): Conversations {
    return new RecordConversations(this.#replica, this.#session, parseOpenNamespace(namespace));
  }

  create(input: ConversationInput, options?: CreateOptions): Write<Conversation> {
    return this.#conversations.create(input, options);
  }

  newId(): Promise<RecordId> {
    return this.#conversations.newId();
  }

  get(id: RecordId): Promise<Conversation | undefined> {
    return this.#conversations.get(id);
  }

  getByRef(ref: string): Promise<Conversation | undefined> {
    return this.#conversations.getByRef(ref);
  }

  list(query?: ListQuery): Promise<readonly Conversation[]> {
    return this.#conversations.list(query);
  }

  count(query?: ListQuery): Promise<number> {
    return this.#conversations.count(query);
  }

  update(id: RecordId, patch: ConversationPatch): Write<Conversation> {
    return this.#conversations.update(id, patch);
  }

  forget(id: RecordId): Write<void> {
    const forgetting = async (): Promise<readonly Write<unknown>[]> => {
      if ((await this.#events.get(id)) !== undefined) return [this.#events.forget(id)];
      const writes: Write<unknown>[] = [];
      for (let page = await this.#page(id); page.length > 0; page = await this.#page(id)) {
        const some = page.map((event) => this.#events.forget(event.id));
        await Promise.all(some);
        writes.push(...some);
      }
      return [...writes, this.#conversations.forget(id)];
    };
    return allOf(forgetting(), () => undefined);
  }

  watch(listener: (changes: readonly CollectionChange<Conversation>[]) => void): () => void {
    return this.#conversations.watch(listener);
  }

  append<Given extends EventInput | readonly EventInput[]>(
    conversation: RecordId,
    given: Given,
    { id }: CreateOptions = {},
  ): Write<Appended<Given>> {
    const isOne = !isList(given);
    const appending = this.#append(conversation, isOne ? [given] : given, id);
    return allOf(appending, (events) => (isOne ? events[0] : events) as Appended<Given>);
  }

  async events(id: RecordId, query: EventQuery = {}): Promise<readonly ConversationEvent[]> {
    const { after, before, last = before !== undefined } = query;
    if (after !== undefined && (before !== undefined || last))
      throw new MnemeshError('bad_input', 'Ask for events after one, or before one, not both.');
    const limit = parseLimit(query.limit);
    const from = await this.#place(after ?? before);
    const records = await this.#thread(id, {
      limit,
      direction: last ? 'backward' : 'forward',
      ...(from === undefined ? {} : { from }),
    });
    const events = records.flatMap((record) => this.#events.show(record) ?? []);
    return last ? events.reverse() : events;
  }

  event(id: RecordId): Promise<ConversationEvent | undefined> {
    return this.#events.get(id);
  }

  watchEvents(
    listener: (changes: readonly CollectionChange<ConversationEvent>[]) => void,
  ): () => void {
    return this.#events.watch(listener);
  }

  import(conversation: ImportedConversation): Write<Conversation> {
    return this.#conversations.import(conversation);
  }

  importEvents(events: readonly ImportedEvent[]): Write<readonly ConversationEvent[]> {
    return allOf(Promise.resolve(events.map((event) => this.#events.import(event))), (all) => all);
  }

  async #append(
    conversation: RecordId,
    events: readonly EventInput[],
    id: RecordId | undefined,
  ): Promise<readonly Write<ConversationEvent>[]> {
    if (events.length === 0) throw new MnemeshError('bad_input', 'There is no event to append.');
    const known = await this.#conversations.get(parseRecordId(conversation));
    if (known === undefined) {
      throw new MnemeshError(
        'not_found',
        `There is no conversation ${conversation} in ${this.namespace}, or it was forgotten.`,
      );
    }
    const { positions } = this.#replica;
    const first = await positions.take(this.namespace, conversation, events.length);
    const persona = this.#replica.presence.personaOf(this.#session);
    const said = persona === undefined ? {} : { persona };
    return events.map((event, i) =>
      this.#events.create(
        { ...said, ...event, conversation, position: first + i },
        numbered(id, i),
      ),
    );
  }

  #page(id: RecordId): Promise<readonly StoredRecord[]> {
    return this.#thread(id, { limit: FORGOTTEN_TOGETHER });
  }

  #thread(
    id: RecordId,
    query: {
      readonly limit: number;
      readonly direction?: 'forward' | 'backward';
      readonly from?: ThreadPlace;
    },
  ): Promise<readonly StoredRecord[]> {
    this.#replica.refuseWhenClosed();
    const thread = parseRecordId(id);
    return this.#replica.store.thread({ namespace: this.namespace, thread, ...query });
  }

  async #place(event: ConversationEvent | undefined): Promise<ThreadPlace | undefined> {
    if (event === undefined) return undefined;
    const { id, position } = event;
    const record = await this.#replica.store.record(this.namespace, id);
    // Forgotten meanwhile: its place is where it was.
    return { id, position, created: record?.created ?? 0 };
  }
}

/** Of several events, the later ones have ids that follow from the first one's, so that all of them are found again. */
function numbered(id: RecordId | undefined, i: number): CreateOptions {
  if (id === undefined) return {};
  return { id: i === 0 ? id : (`${id}x${i}` as RecordId) };
}

function isList(given: EventInput | readonly EventInput[]): given is readonly EventInput[] {
  return Array.isArray(given);
}
