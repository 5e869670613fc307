import type { Conflict, Json } from '@mnemesh/core';
import * as v from 'valibot';
import { cut, quoted } from './answer-text.js';

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
});
export type ConflictAnswer = v.InferOutput<typeof conflictSchema>;

export function conflictAnswer(
  { id, kind, namespace, field, record, topic, values }: Conflict,
  nameOf: (agent: string) => string,
): ConflictAnswer {
  return {
    id,
    kind,
    namespace,
    about: kind === 'field' ? `${field} of ${record}` : `topic ${topic}`,
    values: values.map((one) => ({
      version: one.version,
      author: nameOf(one.agent),
      authorKind: one.authorKind,
      at: one.at,
      value: cut(asText(one.value)),
      ...(one.record === undefined ? {} : { record: one.record }),
    })),
  };
}

export function conflictText({ id, about, values }: ConflictAnswer): string {
  const sides = values.map(
    ({ author, authorKind, at, value }) =>
      `by ${author} (${authorKind}), ${at.slice(0, 10)}:\n${quoted(value)}`,
  );
  return [`Conflict ${id} about ${about}: written without knowledge of each other.`, ...sides].join(
    '\n',
  );
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
