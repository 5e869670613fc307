import type { RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import type { Write } from '../write.js';
import type {
  CollectionChange,
  CreateOptions,
  Json,
  ListQuery,
  RecordView,
  SetChange,
} from './collection.js';
import type { ConversationEvent, EventInput, ImportedEvent } from './conversation-event.js';
import { defineCollection, jsonObject, setOf } from './schema.js';

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** A conversation is a record and a field of its events; it gets a namespace of its own only where its grants differ. */
export const conversationDefinition = defineCollection({
  name: 'conversation',
  namespace: 'conversations',
  stateField: 'kind',
  fields: {
    title: v.pipe(v.string(), v.minLength(1), v.maxLength(500)),
    /** What sort of conversation: `chat`, `review`, a tool's own word. */
    kind: v.optional(word),
    /** Names, as they speak in it. */
    participants: setOf(word, (name) => name),
    metadata: v.optional(jsonObject),
    /** Name under which an import knows it: `locomo:conv-7`. */
    ref: v.optional(v.pipe(v.string(), v.maxLength(200))),
  },
  writeOnce: ['ref'],
  searched: ['title', 'participants'],
});

export interface ConversationInput {
  readonly title: string;
  readonly kind?: string;
  readonly participants?: readonly string[];
  readonly metadata?: { readonly [key: string]: Json };
}

export interface Conversation extends RecordView {
  readonly title: string;
  readonly kind?: string;
  readonly participants: readonly string[];
  readonly metadata?: { readonly [key: string]: Json };
  readonly ref?: string;
}

export interface ConversationPatch extends Partial<Omit<ConversationInput, 'participants'>> {
  readonly participants?: SetChange<string>;
}

/** A record under an id derived from its source, so that replicas importing apart make the same one. */
export interface ImportedConversation {
  readonly id: RecordId;
  readonly input: ConversationInput & Pick<Conversation, 'ref'>;
}

export interface EventQuery {
  /** Default 50, at most 10,000. */
  readonly limit?: number;
  /** Only those that come after this one. */
  readonly after?: ConversationEvent;
  /** The last ones before this one. Not together with `after`. */
  readonly before?: ConversationEvent;
  /** The last ones of all. */
  readonly last?: boolean;
}

/** One event for one, several for several. */
export type Appended<Given> = Given extends readonly EventInput[]
  ? readonly ConversationEvent[]
  : ConversationEvent;

/**
 * Conversations and what happened in them, in one namespace. Events are written once and stand in the
 * order of their positions; those that were given one position apart, by when they were written.
 */
export interface Conversations {
  readonly namespace: string;
  /** The same in another namespace. @throws MnemeshError `bad_input` */
  in(namespace: string): Conversations;
  /** @throws MnemeshError `bad_input`, `too_large`, `store_failed`, `closed` — here and in the other writes, through the write */
  create(input: ConversationInput, options?: CreateOptions): Write<Conversation>;
  /** An id that `create` and `append` take: a call that is repeated with it finds what it wrote. */
  newId(): Promise<RecordId>;
  get(id: RecordId): Promise<Conversation | undefined>;
  /** The conversation that an import brought in under this name. */
  getByRef(ref: string): Promise<Conversation | undefined>;
  /** Newest first. */
  list(query?: ListQuery): Promise<readonly Conversation[]>;
  count(query?: ListQuery): Promise<number>;
  /** @throws MnemeshError `not_found`, `write_once` too */
  update(id: RecordId, patch: ConversationPatch): Write<Conversation>;
  /** Forgets the conversation with every event of it that is here; an event by its own id. */
  forget(id: RecordId): Write<void>;
  watch(listener: (changes: readonly CollectionChange<Conversation>[]) => void): () => void;
  /** Adds what happened to the end of a conversation. Several events are saved together. @throws MnemeshError `not_found` too */
  append<Given extends EventInput | readonly EventInput[]>(
    conversation: RecordId,
    given: Given,
    options?: CreateOptions,
  ): Write<Appended<Given>>;
  /** In their order, also the last ones. */
  events(conversation: RecordId, query?: EventQuery): Promise<readonly ConversationEvent[]>;
  event(id: RecordId): Promise<ConversationEvent | undefined>;
  /** Calls `listener` with the events that came in, or were forgotten. */
  watchEvents(
    listener: (changes: readonly CollectionChange<ConversationEvent>[]) => void,
  ): () => void;
  /** Creates a conversation under a derived id. One that exists already is left as it is. */
  import(conversation: ImportedConversation): Write<Conversation>;
  importEvents(events: readonly ImportedEvent[]): Write<readonly ConversationEvent[]>;
}
