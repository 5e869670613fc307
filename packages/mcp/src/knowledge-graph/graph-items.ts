import type { MemoryInput, MemoryItem } from '@mnemesh/core';
import { importedRecordId, type RecordId } from '@mnemesh/protocol';
import type { Relation } from './graph-types.js';

/** Where the graph is kept. */
export const GRAPH_NAMESPACE = 'shared/graph';

/** Characters of a tag. */
const TAG_CHARS = 100;
const EMPTY_TAG = '(empty)';

/*
 * An entity, an observation and a relation are one memory item each, under an id derived from what it
 * says: two processes that make the same one make one. What was forgotten stays so; made again, it
 * gets the id of its next life.
 */

export function entityId(name: string, life: number): RecordId {
  return graphId(['entity', name], life);
}

/** Of an entity in one of its lives: with it, its observations are over. */
export function observationId(entity: RecordId, content: string, life: number): RecordId {
  return graphId(['observation', entity, content], life);
}

export function relationId({ from, to, relationType }: Relation, life: number): RecordId {
  return graphId(['relation', from, to, relationType], life);
}

function graphId(key: readonly string[], life: number): RecordId {
  return importedRecordId('server-memory', 'graph', JSON.stringify([...key, life]), undefined);
}

export function entityInput(name: string, entityType: string): MemoryInput {
  return { content: lines([name, entityType]), kind: 'fact', tags: ['entity'] };
}

/** It bears its entity's name, so that a search for the name finds it. */
export function observationInput(entity: RecordId, name: string, content: string): MemoryInput {
  const named = name !== '' && name.length <= TAG_CHARS ? [name] : [];
  // An item says something; an observation may be empty.
  const empty = content === '' ? [EMPTY_TAG] : [];
  return {
    content: content === '' ? '(empty)' : content,
    kind: 'observation',
    tags: [...new Set([...named, ...empty])],
    sources: [entity],
  };
}

export function relationInput({ from, to, relationType }: Relation): MemoryInput {
  return { content: lines([from, relationType, to]), kind: 'fact', tags: ['relation'] };
}

/** What an item of the graph is. Others that somebody put into its namespace are none. */
export type GraphItem =
  | { readonly is: 'entity'; readonly name: string; readonly entityType: string }
  | { readonly is: 'observation'; readonly entity: string; readonly content: string }
  | { readonly is: 'relation'; readonly relation: Relation };

export function graphItem({ content, tags, kind, sources }: MemoryItem): GraphItem | undefined {
  const [entity] = sources ?? [];
  if (kind === 'observation' && entity !== undefined)
    return { is: 'observation', entity, content: tags.includes(EMPTY_TAG) ? '' : content };
  if (tags.includes('relation')) {
    const [from, relationType, to] = partsOf(content, 3);
    if (from === undefined || relationType === undefined || to === undefined) return undefined;
    return { is: 'relation', relation: { from, to, relationType } };
  }
  if (!tags.includes('entity')) return undefined;
  const [name, entityType] = partsOf(content, 2);
  if (name === undefined || entityType === undefined) return undefined;
  return { is: 'entity', name, entityType };
}

/** One line for each part, so that people can read it; the breaks within all but the last are escaped. */
function lines(parts: readonly string[]): string {
  return parts.map((part, i) => (i === parts.length - 1 ? part : escaped(part))).join('\n');
}

function partsOf(content: string, count: number): readonly string[] {
  const all = content.split('\n');
  const first = all.slice(0, count - 1).map(unescaped);
  return all.length < count ? first : [...first, all.slice(count - 1).join('\n')];
}

function escaped(part: string): string {
  return part.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function unescaped(part: string): string {
  return part.replace(/\\([\\n])/g, (_, sign: string) => (sign === 'n' ? '\n' : sign));
}
