import { termsOf } from '@mnemesh/core';

/** What of a record the index is made of. */
export interface IndexedRecord {
  readonly namespace: string;
  readonly collection: string;
  readonly archived: number;
  readonly created: number;
  readonly text: string;
}

/** The terms of a text, how often each stands in it, and how many there are in all. */
export interface CountedTerms {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

export function countTerms(text: string): CountedTerms {
  const counts = new Map<string, number>();
  const terms = termsOf(text);
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return { counts, length: terms.length };
}
