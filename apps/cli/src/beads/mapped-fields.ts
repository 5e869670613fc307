import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type Task } from '@mnemesh/core';
import { isStorable } from '../imports/json-value.js';

/** A task's fields that the tracker knows too. */
export type MappedFields = Partial<
  Pick<
    Task,
    | 'title'
    | 'description'
    | 'status'
    | 'priority'
    | 'assignee'
    | 'notes'
    | 'result'
    | 'tags'
    | 'dependencies'
    | 'comments'
  >
>;

export type MappedField = keyof MappedFields;

export const mappedFields = [
  'title',
  'description',
  'status',
  'priority',
  'assignee',
  'notes',
  'result',
  'tags',
  'dependencies',
  'comments',
] as const satisfies readonly MappedField[];

/** A field that holds the same value on both sides, under the tracker's name. */
export interface Scalar {
  readonly field: 'title' | 'description' | 'priority' | 'assignee' | 'notes' | 'result';
  readonly source: string;
  readonly fits: (value: Json) => boolean;
}

const isText = (value: Json): boolean => typeof value === 'string' && isStorable(value);
const isTitle = (value: Json): boolean => isText(value) && (value as string).length <= TITLE_CHARS;
const isPriority = (value: Json): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 9;

/** Characters of a task's title. */
export const TITLE_CHARS = 500;

export const scalars: readonly Scalar[] = [
  { field: 'title', source: 'title', fits: isTitle },
  { field: 'description', source: 'description', fits: isText },
  { field: 'priority', source: 'priority', fits: isPriority },
  { field: 'assignee', source: 'assignee', fits: isText },
  { field: 'notes', source: 'notes', fits: isText },
  { field: 'result', source: 'close_reason', fits: isText },
];

/** Characters of a digest: 48 bits tell two values of one field apart. */
const DIGEST_CHARS = 8;

/** A short digest of a field's value; the order of a set's members does not count. */
export function digestOf(field: MappedField, fields: MappedFields): string | undefined {
  const value = fields[field] as Json | undefined;
  if (value === undefined || (isSet(field) && (value as readonly Json[]).length === 0)) {
    return undefined;
  }
  const text = isSet(field)
    ? (value as readonly Json[]).map(canonicalJson).sort().join('\n')
    : canonicalJson(value);
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_CHARS);
}

export function digestsOf(fields: MappedFields): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const field of mappedFields) {
    const digest = digestOf(field, fields);
    if (digest !== undefined) digests[field] = digest;
  }
  return digests;
}

function isSet(field: MappedField): boolean {
  return field === 'tags' || field === 'dependencies';
}
