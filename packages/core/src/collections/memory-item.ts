import type { AgentId, Namespace, RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import type { AuthorKind } from '../identity.js';
import type { Reference } from '../ports/index.js';
import { momentMs } from '../records/moment.js';
import { topicHash } from '../records/topics.js';
import type { Json, RecordView, SetChange } from './collection.js';
import { defineCollection, jsonObject, setOf, setOfAuthors } from './schema.js';

export const memoryKinds = [
  'observation',
  'fact',
  'decision',
  'preference',
  'procedure',
  'summary',
  'reflection',
] as const;
export type MemoryKind = (typeof memoryKinds)[number];

/** Who may see it, from everybody to nobody else; a word for people and policies, not a lock. */
export const sensitivities = ['public', 'internal', 'private', 'secret'] as const;
export type Sensitivity = (typeof sensitivities)[number];

/** Items that one item may supersede, and sources it may name. */
const NAMED = 100;
/** Topics that an item inherits from what it supersedes. */
export const INHERITED_TOPICS = 16;

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const moment = v.pipe(
  v.string(),
  v.check(
    (text) => momentMs(text) !== undefined,
    'it is no ISO 8601 date, or time with its zone, like 2026-11-21 or 2026-11-21T09:30:00Z',
  ),
);

export const memoryDefinition = defineCollection({
  name: 'memory',
  namespace: 'shared/memory',
  stateField: 'kind',
  fields: {
    content: v.pipe(v.string(), v.minLength(1)),
    kind: v.optional(v.picklist(memoryKinds), 'observation'),
    topic: v.optional(word),
    /** 0 to 1. */
    importance: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    validFrom: v.optional(moment),
    validTo: v.optional(moment),
    pinned: v.optional(v.boolean()),
    sensitivity: v.optional(v.picklist(sensitivities)),
    tags: setOf(v.pipe(v.string(), v.minLength(1), v.maxLength(100)), (tag) => tag),
    /** Where it is known from: addresses, files, ids of records. */
    sources: v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(500))), v.maxLength(NAMED))),
    /** Ids of the items this one replaces. */
    supersedes: v.optional(v.pipe(v.array(word), v.maxLength(NAMED))),
    /** Hashes of the topics of what it replaces, beside its own. */
    lineage: v.optional(v.pipe(v.array(v.string()), v.maxLength(INHERITED_TOPICS))),
    confirmations: setOfAuthors,
    /** What an import knew and this version has no field for. */
    extra: v.optional(jsonObject),
  },
  writeOnce: ['content', 'kind', 'topic', 'sources', 'supersedes', 'lineage', 'confirmations'],
  searched: ['content', 'topic', 'tags'],
  refersTo: memoryReferences,
});

function memoryReferences(
  namespace: Namespace,
  fields: Readonly<Record<string, Json>>,
): readonly Reference[] {
  const { topic, lineage, supersedes, sources, pinned } = fields;
  const topics = new Set([
    ...(typeof topic === 'string' ? [topicHash(namespace, topic)] : []),
    ...texts(lineage),
  ]);
  return [
    ...[...topics].map((target) => ({ kind: 'topic', target }) as const),
    ...texts(supersedes).map((target) => ({ kind: 'supersedes', target }) as const),
    ...texts(sources).map((target) => ({ kind: 'source', target }) as const),
    ...(pinned === true ? [{ kind: 'pin', target: '' } as const] : []),
  ];
}

/** Other programs may have written anything. */
function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export interface MemoryItem extends RecordView {
  readonly content: string;
  readonly kind: MemoryKind;
  readonly topic?: string;
  readonly importance?: number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly pinned?: boolean;
  readonly sensitivity?: Sensitivity;
  readonly tags: readonly string[];
  readonly sources?: readonly string[];
  readonly supersedes?: readonly string[];
  /** Hashes of the topics that it belongs to because of what it supersedes. */
  readonly lineage?: readonly string[];
  /** Agents who stored the same text again after reading it here. */
  readonly confirmations: readonly Confirmation[];
  /** What an import knew and this version has no field for. */
  readonly extra?: { readonly [key: string]: Json };
  /** What `createdBy` declared itself to be. */
  readonly authorKind: AuthorKind;
}

export interface Confirmation {
  readonly agent: AgentId;
  readonly at: string;
}

export interface MemoryInput {
  readonly content: string;
  readonly kind?: MemoryKind;
  /** What it is about. Items of one topic that were written unread of each other are a conflict. Case and spaces do not matter. */
  readonly topic?: string;
  readonly importance?: number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly pinned?: boolean;
  readonly sensitivity?: Sensitivity;
  readonly tags?: readonly string[];
  readonly sources?: readonly string[];
  readonly supersedes?: readonly string[];
}

/** Content is written once: to correct it, create an item that supersedes this one. */
export interface MemoryPatch {
  readonly importance?: number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly pinned?: boolean;
  readonly sensitivity?: Sensitivity;
  readonly tags?: SetChange<string>;
  /** As a whole: an import that ran again. */
  readonly extra?: { readonly [key: string]: Json };
}

/** An item under an id derived from its source, so that replicas importing apart make the same one. */
export interface ImportedItem {
  readonly id: RecordId;
  readonly input: MemoryInput & Pick<MemoryItem, 'extra'>;
}

/** An item whose words are nearly those of another. */
export interface SimilarItem {
  readonly id: RecordId;
  /** Jaccard index of their sets of words, 0 to 1. */
  readonly similarity: number;
  readonly content: string;
}
