import { type Conflict, estimateTokens, type Json } from '@mnemesh/core';
import * as v from 'valibot';
import { counted, cut, fitting, quoted } from './answer-text.js';
import { mcpLimits } from './mcp-limits.js';

/** A conflict as tools give it. */
export const conflictSchema = v.object({
  id: v.pipe(v.string(), v.description('Give this to resolve_conflict')),
  kind: v.picklist(['field', 'topic']),
  namespace: v.string(),
  about: v.string(),
  values: v.array(
    v.object({
      version: v.pipe(
        v.string(),
        v.description('Give this to resolve_conflict, to keep the value'),
      ),
      author: v.string(),
      authorKind: v.string(),
      at: v.string(),
      value: v.string(),
      record: v.optional(v.string()),
    }),
  ),
  omitted: v.pipe(v.optional(v.number()), v.description('Values that are not given')),
});
export type ConflictAnswer = v.InferOutput<typeof conflictSchema>;

/** Sides that a conflict has at least. */
export const LEAST_VALUES = 2;

/** @param room of its values: all of them, unless told otherwise */
export function conflictAnswer(
  { id, kind, namespace, field, record, topic, values }: Conflict,
  nameOf: (agent: string) => string,
  room: { readonly tokens?: number; readonly chars?: number } = {},
): ConflictAnswer {
  const { tokens = Number.POSITIVE_INFINITY, chars = mcpLimits.listedChars } = room;
  const about = kind === 'field' ? `${field} of ${record}` : `topic ${topic}`;
  const base = { id, kind, namespace, about };
  const all = values.map((one) => ({
    version: one.version,
    author: nameOf(one.agent),
    authorKind: one.authorKind,
    at: one.at,
    value: cut(asText(one.value), chars),
    ...(one.record === undefined ? {} : { record: one.record }),
  }));
  const left = tokens - estimateTokens(JSON.stringify(base));
  const { shown, omitted } = fitting(all, (value) => JSON.stringify(value), left, 0);
  return { ...base, values: [...shown], ...(omitted === 0 ? {} : { omitted }) };
}

export function conflictText({ id, about, values, omitted = 0 }: ConflictAnswer): string {
  const sides = values.map(
    ({ author, authorKind, at, value }) =>
      `by ${author} (${authorKind}), ${at.slice(0, 10)}:\n${quoted(value)}`,
  );
  return [
    `Conflict ${id} about ${about}: written without knowledge of each other.`,
    ...sides,
    ...(omitted === 0 ? [] : [`and ${counted(omitted, 'more value')}`]),
  ].join('\n');
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
