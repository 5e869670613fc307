import type { Json } from '@mnemesh/core';
import type { Conflicted, Edit } from './agent-commands.js';

/** What an edit writes, as `ref field`. */
export function fieldsOf({ ref, patch }: Edit): readonly string[] {
  return Object.keys(patch).map((field) => `${ref} ${field}`);
}

/** The fields that conflict, as `ref field`. */
export function listedFields(conflicted: readonly Conflicted[]): ReadonlySet<string> {
  return new Set(
    conflicted.flatMap(({ ref, conflicts }) =>
      conflicts.filter(({ others }) => others.length > 0).map(({ field }) => `${ref} ${field}`),
    ),
  );
}

/** A line for each task: every value of every field, and who wrote it. */
export function conflictLines(conflicted: readonly Conflicted[]): readonly string[] {
  const sorted = [...conflicted].sort((a, b) => (a.ref < b.ref ? -1 : 1));
  return sorted.map(({ ref, conflicts }) => {
    const fields = conflicts.map(({ field, chosen, others, writers }) => {
      const values = [chosen, ...others].map(
        ({ value, agent }) => `${short(value)} (${writers[agent]})`,
      );
      return `${field} ${values.join(' ≠ ')}`;
    });
    return `${ref.padEnd(16)} ${fields.join(', ')}`;
  });
}

function short(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
