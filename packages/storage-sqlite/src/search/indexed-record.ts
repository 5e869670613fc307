import { type Analyzer, threadNumber } from '@mnemesh/core';

/** What of a record the index is made of. */
export interface IndexedRecord {
  readonly namespace: string;
  readonly collection: string;
  readonly archived: number;
  readonly created: number;
  readonly thread: string | null;
  readonly position: number | null;
  readonly text: string;
}

export const INDEXED_COLUMNS = 'namespace, collection, archived, created, thread, position, text';

/** The terms of a text, how often each stands in it, how many there are in all, and its marks. */
export interface CountedTerms {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
  readonly marks: number;
}

export function countTerms(analyzer: Analyzer, text: string): CountedTerms {
  const counts = new Map<string, number>();
  const { terms, marks } = analyzer.analyze(text);
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return { counts, length: terms.length, marks };
}

/** As postings name it: 0 and 0 for a record that is in no thread. */
export function placeOf({
  namespace,
  thread,
  position,
}: Pick<IndexedRecord, 'namespace' | 'thread' | 'position'>): {
  readonly thread: number;
  readonly position: number;
} {
  if (thread === null || position === null) return { thread: 0, position: 0 };
  return { thread: threadNumber(namespace, thread), position };
}
