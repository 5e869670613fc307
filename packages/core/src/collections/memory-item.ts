import * as v from 'valibot';
import type { Collection, RecordView, SetChange } from './collection.js';
import { defineCollection, setOf } from './schema.js';

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

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

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
    validFrom: v.optional(v.string()),
    validTo: v.optional(v.string()),
    tags: setOf(v.pipe(v.string(), v.minLength(1), v.maxLength(100)), (tag) => tag),
    /** Where it is known from: addresses, files, ids of records. */
    sources: v.optional(v.array(v.pipe(v.string(), v.maxLength(500)))),
    /** Ids of the items this one replaces. */
    supersedes: v.optional(v.array(word)),
  },
  writeOnce: ['content', 'kind', 'topic', 'sources', 'supersedes'],
  // The ids of what it supersedes, so that search finds an item's successor.
  searched: ['content', 'topic', 'tags', 'supersedes'],
});

export interface MemoryItem extends RecordView {
  readonly content: string;
  readonly kind: MemoryKind;
  readonly topic?: string;
  readonly importance?: number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly tags: readonly string[];
  readonly sources?: readonly string[];
  readonly supersedes?: readonly string[];
}

export interface MemoryInput {
  readonly content: string;
  readonly kind?: MemoryKind;
  readonly topic?: string;
  readonly importance?: number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly tags?: readonly string[];
  readonly sources?: readonly string[];
  readonly supersedes?: readonly string[];
}

/** Content is written once: to correct it, create an item that supersedes this one. */
export interface MemoryPatch {
  readonly importance?: number;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly tags?: SetChange<string>;
}

export interface Memory extends Collection<MemoryItem, MemoryInput, MemoryPatch> {
  in(namespace: string): Memory;
}
