import {
  BASE_FIELD,
  type Clock,
  compareNewestFirst,
  type Guid,
  mergeContext,
  type Namespace,
  type RecordId,
  type SessionId,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { FieldConflict, Json } from '../collections/collection.js';
import type { CollectionDefinition } from '../collections/schema.js';
import { clockIso } from '../hybrid-clock.js';
import { type Reference, type StoredRecord, THREAD_POSITIONS } from '../ports/index.js';
import type { ShownContext } from '../session.js';
import { isAuditField, type StoredAudit, storedAudits } from './audit.js';
import { type BaseData, MEMBER_SIGN, readBase } from './base-data.js';
import { canonicalJson } from './canonical-json.js';
import { baseValueVersion, conflictId } from './conflict-id.js';
import { conflictOf } from './field-conflict.js';
import { type CausalValue, type Rules, resolveMember, resolveValue } from './policies.js';
import { readData } from './read-data.js';
import { type TopicalView, topicalView } from './topics.js';

/** What `StoredRecord.view` holds: the view without id and namespace, and what reading it shows to a session. */
export interface StoredView {
  readonly fields: { readonly [field: string]: Json };
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly archived: boolean;
  readonly conflicts: readonly FieldConflict[];
  readonly shown: ShownContext;
  /** What it refers to; left out when that is nothing, like the next two. */
  readonly references?: readonly Reference[];
  /** Of an item that belongs to a topic. */
  readonly topical?: TopicalView;
  readonly audits?: readonly StoredAudit[];
  /** What the collection's own queries need, and no user sees. */
  readonly kept?: Json;
}

export const ARCHIVED_FIELD = 'archived';

/** Characters of a record that search reads: a long document or the output of a tool is found by its beginning. */
const SEARCHED_CHARS = 64 * 1024;

/**
 * One record as users see it: a pure function of the envelopes that stand.
 * @returns undefined while there is no base, and after a tombstone
 */
export function projectRecord(
  place: { readonly namespace: Namespace; readonly guid: Guid; readonly id: RecordId },
  envelopes: readonly VerifiedEnvelope[],
  definitionOf: (collection: string) => CollectionDefinition | undefined,
  rulesOf: (collection: string) => Rules,
): StoredRecord | undefined {
  if (envelopes.some(({ field }) => field === TOMBSTONE_FIELD)) return undefined;
  const byField = groupByField(envelopes);
  const bases = (byField.get(BASE_FIELD) ?? []).map((envelope) => ({
    envelope,
    base: readBase(envelope),
  }));
  const [first] = bases.sort((a, b) => compareNewestFirst(b.envelope, a.envelope));
  const definition = first === undefined ? undefined : definitionOf(first.base.collection);
  if (first === undefined || definition === undefined) return undefined;
  const rules = rulesOf(definition.name);

  const conflicts: FieldConflict[] = [];
  const fields: Record<string, Json> = {};
  const settle = (
    field: string,
    values: readonly CausalValue[],
    named = (version: string): string => version,
  ): Json | undefined => {
    if (values.length === 0) return undefined;
    const resolution = resolveValue(rules, values);
    if (resolution.others.length > 0) {
      const id = conflictId(values.map(({ causal }) => named(causal.version)));
      conflicts.push(conflictOf(id, field, resolution));
    }
    return resolution.chosen.value;
  };
  for (const field of definition.values.keys()) {
    const written = (byField.get(field) ?? []).map(causalValue);
    const value =
      written.length > 0
        ? settle(field, written)
        : settle(field, baseValues(bases, field), (version) => baseValueVersion(version, field));
    if (value !== undefined && value !== null) fields[field] = value;
  }
  for (const field of definition.sets.keys())
    fields[field] = projectSet(field, definition, bases, byField, rules);
  const archived =
    settle(ARCHIVED_FIELD, (byField.get(ARCHIVED_FIELD) ?? []).map(causalValue)) === true;
  const derived = definition.derive?.({ envelopes, rules, fields, conflicts });
  const shownFields = derived?.fields ?? fields;
  const shownConflicts = derived?.conflicts ?? conflicts;

  const newest = envelopes.reduce((a, b) => (compareNewestFirst(a, b) <= 0 ? a : b));
  const audits = storedAudits(byField);
  const references = [
    ...(definition.refersTo?.(place.namespace, shownFields) ?? []),
    ...auditReferences(shownConflicts, audits),
    ...(isContested(byField) ? [{ kind: 'contested', target: '' } as const] : []),
  ];
  const isTopical = references.some(({ kind }) => kind === 'topic');
  const view: StoredView = {
    fields: shownFields,
    createdAt: clockIso(first.envelope.clock),
    createdBy: first.envelope.agent,
    updatedAt: clockIso(newest.clock),
    updatedBy: newest.agent,
    archived,
    conflicts: shownConflicts,
    shown: shownContext(byField, definition),
    ...(references.length === 0 ? {} : { references }),
    ...(isTopical ? { topical: topicalView(first.envelope) } : {}),
    ...(audits.length === 0 ? {} : { audits }),
    ...(derived?.kept === undefined ? {} : { kept: derived.kept }),
  };
  const state = shownFields[definition.stateField];
  const ref = shownFields.ref;
  return {
    namespace: place.namespace,
    id: place.id,
    guid: place.guid,
    collection: definition.name,
    created: first.envelope.clock,
    updated: newest.clock,
    archived,
    conflicted: shownConflicts.some(({ open }) => open),
    state: typeof state === 'string' ? state : undefined,
    ref: typeof ref === 'string' ? ref : undefined,
    ...derivedFrom(definition, shownFields),
    view: JSON.stringify(view),
  };
}

function groupByField(envelopes: readonly VerifiedEnvelope[]): Map<string, VerifiedEnvelope[]> {
  const byField = new Map<string, VerifiedEnvelope[]>();
  for (const envelope of envelopes) {
    const values = byField.get(envelope.field);
    if (values === undefined) byField.set(envelope.field, [envelope]);
    else values.push(envelope);
  }
  return byField;
}

type Bases = readonly { readonly envelope: VerifiedEnvelope; readonly base: BaseData }[];

function causalValue(envelope: VerifiedEnvelope): CausalValue {
  return { causal: envelope, value: readData(envelope.data) };
}

function baseValues(bases: Bases, field: string): readonly CausalValue[] {
  return bases.flatMap(({ envelope, base }) => {
    const value = base.values[field];
    return value === undefined ? [] : [{ causal: envelope, value }];
  });
}

function projectSet(
  field: string,
  definition: CollectionDefinition,
  bases: Bases,
  byField: ReadonlyMap<string, readonly VerifiedEnvelope[]>,
  rules: Rules,
): readonly Json[] {
  const set = definition.sets.get(field);
  const members = new Map<string, Json>();
  for (const { value } of set?.byAuthor ? [] : baseValues(bases, field)) {
    for (const member of Array.isArray(value) ? value : [])
      members.set(set?.key(member as never) ?? '', member);
  }
  const prefix = field + MEMBER_SIGN;
  const written = [...byField.keys()].filter((name) => name.startsWith(prefix)).sort();
  for (const name of written) {
    const key = name.slice(prefix.length);
    const values = (byField.get(name) ?? []).filter(({ agent }) => !set?.byAuthor || agent === key);
    if (values.length === 0) continue;
    const { value, causal } = resolveMember(rules, values.map(causalValue));
    if (value === null) members.delete(key);
    else members.set(key, set?.byAuthor ? { agent: key, at: clockIso(causal.clock) } : value);
  }
  return [...members.values()];
}

/** Persisted audit records, and those that follow from what a policy settled. */
function auditReferences(
  conflicts: readonly FieldConflict[],
  audits: readonly StoredAudit[],
): readonly Reference[] {
  const ids = new Set([
    ...audits.map(({ id }) => id),
    ...conflicts.filter(({ open }) => !open).map(({ id }) => id),
  ]);
  return [...ids].map((target) => ({ kind: 'audit', target }));
}

/** Has some field several values, whatever the rules make of them? */
function isContested(byField: ReadonlyMap<string, readonly VerifiedEnvelope[]>): boolean {
  for (const values of byField.values()) if (values.length > 1) return true;
  return false;
}

/** Bases are not part of it, nor what a collection writes once: nothing replaces them. */
function shownContext(
  byField: ReadonlyMap<string, readonly VerifiedEnvelope[]>,
  { isWrittenOnce }: CollectionDefinition,
): ShownContext {
  const shown: Record<string, Record<string, Clock>> = {};
  for (const field of [...byField.keys()].sort()) {
    if (field === BASE_FIELD || isAuditField(field) || isWrittenOnce?.(field) === true) continue;
    const envelopes = byField.get(field) ?? [];
    const context = new Map<SessionId, Clock>();
    for (const envelope of envelopes) mergeContext(context, envelope);
    shown[field] = Object.fromEntries([...context].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return shown;
}

/** What a store keeps of a record's fields beside its view, to find it by. */
export function derivedFrom(
  { searched, thread }: CollectionDefinition,
  fields: Readonly<Record<string, Json>>,
): Pick<StoredRecord, 'thread' | 'position' | 'text'> {
  const texts = searched.flatMap((field) => {
    const value = fields[field];
    return (Array.isArray(value) ? value : [value ?? null]).flatMap((part: Json) =>
      part === null ? [] : [typeof part === 'object' ? canonicalJson(part) : String(part)],
    );
  });
  const of = thread === undefined ? undefined : fields[thread.field];
  const position = thread === undefined ? undefined : Number(fields[thread.position]);
  const isPlaced =
    typeof of === 'string' &&
    Number.isInteger(position) &&
    (position as number) >= 0 &&
    (position as number) <= THREAD_POSITIONS;
  return {
    thread: isPlaced ? of : undefined,
    position: isPlaced ? position : undefined,
    text: texts.join('\n').slice(0, SEARCHED_CHARS),
  };
}
