import { MnemeshError, type Namespace } from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import * as v from 'valibot';
import type { Reference } from '../ports/index.js';
import type { Rules } from '../records/policies.js';
import type { FieldConflict, Json, SetChange } from './collection.js';

/** How one collection's records look: the one place that names its fields. */
export interface CollectionDefinition {
  readonly name: string;
  readonly namespace: string;
  /** The field that `ListQuery.state` filters by. */
  readonly stateField: string;
  readonly values: ReadonlyMap<string, v.GenericSchema>;
  readonly sets: ReadonlyMap<string, SetField>;
  /** Fields that are set on creation and never again. */
  readonly writeOnce: ReadonlySet<string>;
  /** Fields whose text lexical search reads. */
  readonly searched: readonly string[];
  /** Fields that say what a record is a part of, and where in it. */
  readonly thread?: { readonly field: string; readonly position: string };
  /** What a record with these values refers to, beside its audit records. */
  readonly refersTo?: (
    namespace: Namespace,
    fields: Readonly<Record<string, Json>>,
  ) => readonly Reference[];
  /** Fields that the collection's own operations write and nothing replaces. */
  readonly isWrittenOnce?: (field: string) => boolean;
  /** What the collection reads from a record's envelopes beyond its fields: a pure function of the set. */
  readonly derive?: (projected: Projected) => Derived;
}

/** A record as its fields alone give it. */
export interface Projected {
  readonly envelopes: readonly VerifiedEnvelope[];
  readonly rules: Rules;
  readonly fields: { readonly [field: string]: Json };
  readonly conflicts: readonly FieldConflict[];
}

export interface Derived {
  readonly fields: { readonly [field: string]: Json };
  readonly conflicts: readonly FieldConflict[];
  /** Kept in the stored view for the collection's own queries. */
  readonly kept?: Json;
}

/** A set is stored as one field per member, so that concurrent changes to different members both stand. */
export interface SetField {
  readonly member: v.GenericSchema;
  readonly key: (member: never) => string;
  /** Members are agents, each of which only that agent can add or remove. */
  readonly byAuthor?: true;
}

export function setOf<S extends v.GenericSchema>(
  member: S,
  key: (member: v.InferOutput<S>) => string,
): SetField {
  return { member, key: key as (member: never) => string };
}

/** Agents who said something of a record, each with when: `{ agent, at }`. */
export const setOfAuthors: SetField = {
  member: v.object({}),
  key: () => '',
  byAuthor: true,
};

/** Levels of lists and objects in one value: more than people nest, and where a value that holds itself ends. */
const JSON_LEVELS = 200;

export const anyJson = v.custom<Json>(isJson, tellFault);

/** A plain object: of a Date or a Map nothing would be left. */
export const jsonObject = v.pipe(
  v.custom<{ readonly [key: string]: Json }>(isPlainObject, 'it is no plain object'),
  v.check((object) => isJson(object), tellFault),
);

function isJson(value: unknown): boolean {
  return faultIn(value, []) === undefined;
}

function tellFault({ input }: { readonly input: unknown }): string {
  const path = faultIn(input, []) ?? [];
  if (path.length > JSON_LEVELS) return `it has more than ${JSON_LEVELS} levels, or holds itself`;
  return path.length === 0
    ? 'JSON cannot say it'
    : `JSON cannot say what "${path.join('.')}" holds`;
}

/** The way to the first thing in a value that JSON has no word for, or that lies too deep. */
function faultIn(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  if (path.length > JSON_LEVELS || !(Array.isArray(value) || isPlainObject(value))) return path;
  for (const [key, member] of Object.entries(Array.isArray(value) ? [...value] : value)) {
    const fault = faultIn(member, [...path, key]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export function defineCollection(definition: {
  readonly name: string;
  readonly namespace: string;
  readonly stateField: string;
  readonly fields: Readonly<Record<string, v.GenericSchema | SetField>>;
  readonly writeOnce: readonly string[];
  readonly searched: readonly string[];
  readonly thread?: { readonly field: string; readonly position: string };
  readonly refersTo?: NonNullable<CollectionDefinition['refersTo']>;
  readonly isWrittenOnce?: CollectionDefinition['isWrittenOnce'];
  readonly derive?: CollectionDefinition['derive'];
}): CollectionDefinition {
  const values = new Map<string, v.GenericSchema>();
  const sets = new Map<string, SetField>();
  for (const [name, field] of Object.entries(definition.fields)) {
    if ('member' in field) sets.set(name, field);
    else values.set(name, field);
  }
  const { isWrittenOnce, derive, ...plain } = definition;
  return {
    ...plain,
    values,
    sets,
    writeOnce: new Set(definition.writeOnce),
    ...(isWrittenOnce === undefined ? {} : { isWrittenOnce }),
    ...(derive === undefined ? {} : { derive }),
  };
}

/** Members of a set field as a creation's input gives them, by key. */
export function parseMembers(
  set: SetField,
  field: string,
  members: unknown,
): ReadonlyMap<string, Json> {
  const list = parse(v.array(set.member), members ?? [], field) as readonly Json[];
  return new Map(list.map((member) => [set.key(member as never), member]));
}

const setChange = v.strictObject({
  add: v.optional(v.array(v.unknown())),
  remove: v.optional(v.array(v.unknown())),
});

/** What an update says of a set field. @throws MnemeshError `bad_input` */
export function parseSetChange(field: string, change: unknown): SetChange<unknown> {
  return parse(setChange, change, field) as SetChange<unknown>;
}

/** @throws MnemeshError `bad_input` naming the field and what is wrong with it */
export function parse<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  field: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = [field, ...(issue.path ?? []).map((item) => String(item.key))].join('.');
  throw new MnemeshError('bad_input', `"${path}" is not right: ${issue.message}.`);
}

/** @throws MnemeshError `bad_input` for names no field has */
export function refuseUnknown(
  definition: CollectionDefinition,
  input: Readonly<Record<string, unknown>>,
): void {
  for (const name of Object.keys(input)) {
    if (definition.values.has(name) || definition.sets.has(name)) continue;
    const known = [...definition.values.keys(), ...definition.sets.keys()].join(', ');
    throw new MnemeshError(
      'bad_input',
      `A ${definition.name} has no field "${name}". It has: ${known}.`,
    );
  }
}

/** A field's new value: null removes it where the field is optional. @throws MnemeshError `bad_input` */
export function parsePatch(definition: CollectionDefinition, field: string, value: unknown): Json {
  const schema = definition.values.get(field) as v.GenericSchema;
  if (value === null && v.safeParse(schema, undefined).success) return null;
  return parse(schema, value, field) as Json;
}
