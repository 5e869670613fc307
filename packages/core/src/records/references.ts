import { type RecordId, TOMBSTONE_FIELD } from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { Json } from '../collections/collection.js';
import type { Reference, StoredRecord } from '../ports/index.js';
import type { StoredView } from './projection.js';
import { readData } from './read-data.js';

/** References of one kind that a tombstone keeps. */
const KEPT = 200;

/** What a tombstone keeps of an item, so that forgetting the middle of a chain makes no false conflict. Its envelope keeps the context. */
export interface TombstoneData {
  readonly topics: readonly string[];
  readonly supersedes: readonly RecordId[];
}

/** What a record refers to, for the store's index; what it goes on superseding, once it is forgotten. */
export function referencesOf(
  record: StoredRecord | undefined,
  standing: readonly VerifiedEnvelope[],
): readonly Reference[] {
  if (record === undefined) return standing.flatMap(keptReferences);
  // Most records refer to nothing, and need not be taken apart again.
  if (!record.view.includes('"references":')) return [];
  return (JSON.parse(record.view) as StoredView).references ?? [];
}

export function tombstoneData(references: readonly Reference[]): TombstoneData {
  return {
    topics: targets(references, 'topic').slice(0, KEPT),
    supersedes: targets(references, 'supersedes').slice(0, KEPT) as RecordId[],
  };
}

export function targets(
  references: readonly Reference[] | undefined,
  kind: Reference['kind'],
): readonly string[] {
  return (references ?? []).flatMap((one) => (one.kind === kind ? [one.target] : []));
}

function keptReferences({ field, data }: VerifiedEnvelope): readonly Reference[] {
  if (field !== TOMBSTONE_FIELD) return [];
  const kept = readData(data) as { readonly topics?: Json; readonly supersedes?: Json } | null;
  return [...kindOf('topic', kept?.topics), ...kindOf('supersedes', kept?.supersedes)];
}

function kindOf(kind: Reference['kind'], value: Json | undefined): readonly Reference[] {
  if (!Array.isArray(value)) return [];
  const texts = value.filter((one) => typeof one === 'string');
  return texts.slice(0, KEPT).map((target) => ({ kind, target }));
}
