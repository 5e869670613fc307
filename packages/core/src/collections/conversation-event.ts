import type { RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { THREAD_POSITIONS } from '../ports/index.js';
import type { Json, RecordView } from './collection.js';
import { anyJson, defineCollection, jsonObject } from './schema.js';

export const eventKinds = ['message', 'tool_call', 'tool_result', 'note'] as const;
export type EventKind = (typeof eventKinds)[number];

export const eventRoles = ['user', 'assistant', 'system', 'tool'] as const;
export type EventRole = (typeof eventRoles)[number];

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One thing that happened in a conversation. All of it is written once. */
const fields = {
  /** Id of the conversation. */
  conversation: word,
  /** Its place there. */
  position: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(THREAD_POSITIONS)),
  /** A sitting of the conversation, where it has several: 1, 2, 3. */
  session: v.optional(count),
  kind: v.optional(v.picklist(eventKinds), 'message'),
  role: v.optional(v.picklist(eventRoles)),
  speaker: v.optional(word),
  /** The role that the session which added it had taken on. */
  persona: v.optional(word),
  text: v.optional(v.string()),
  /** What an image or file that came with it shows. */
  caption: v.optional(v.string()),
  tool: v.optional(word),
  args: v.optional(anyJson),
  result: v.optional(anyJson),
  model: v.optional(word),
  tokensIn: v.optional(count),
  tokensOut: v.optional(count),
  /** In US dollars. */
  cost: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  /** When it happened, where it happened: ISO 8601, with or without a zone. */
  at: v.optional(
    v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}.*)?$/, 'it is no ISO 8601 date')),
  ),
  /** Name under which an import knows it. */
  ref: v.optional(v.pipe(v.string(), v.maxLength(200))),
  /** What an import knew and this version has no field for. */
  extra: v.optional(jsonObject),
} as const;

export const eventDefinition = defineCollection({
  name: 'event',
  namespace: 'conversations',
  stateField: 'kind',
  fields,
  writeOnce: Object.keys(fields),
  searched: ['speaker', 'text', 'caption', 'tool', 'args', 'result', 'at'],
  thread: { field: 'conversation', position: 'position' },
});

export interface EventInput {
  readonly kind?: EventKind;
  readonly session?: number;
  readonly role?: EventRole;
  readonly speaker?: string;
  /** Default: the persona that this session has taken on, if any. */
  readonly persona?: string;
  readonly text?: string;
  readonly caption?: string;
  readonly tool?: string;
  readonly args?: Json;
  readonly result?: Json;
  readonly model?: string;
  readonly tokensIn?: number;
  readonly tokensOut?: number;
  readonly cost?: number;
  readonly at?: string;
}

export interface ConversationEvent extends RecordView, Omit<EventInput, 'kind'> {
  readonly conversation: RecordId;
  readonly position: number;
  readonly kind: EventKind;
  readonly ref?: string;
  readonly extra?: { readonly [key: string]: Json };
}

/** An event under an id derived from its source, with its place in the conversation. */
export interface ImportedEvent {
  readonly id: RecordId;
  readonly input: EventInput &
    Pick<ConversationEvent, 'conversation' | 'position' | 'ref' | 'extra'>;
}
