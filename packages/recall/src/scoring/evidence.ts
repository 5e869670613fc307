import type { Json, StoredRecord } from '@mnemesh/core';
import { ASKS, lexicalAnalyzer, termsOf } from '../analysis/analyzer.js';

/** A record that may answer, read. */
export interface Evidence {
  readonly slot: number;
  readonly record: StoredRecord;
  readonly fields: { readonly [field: string]: Json };
  readonly terms: ReadonlySet<string>;
  /** Terms in its text, repeated ones too. */
  readonly length: number;
  /** 0 to 1: asks at its end, or somewhere. */
  readonly asks: number;
  /** Milliseconds: when it happened, as far as is known. */
  readonly at: number;
  /** From the postings. */
  readonly score: number;
  /** Part of what was asked that it or its neighbours hold. */
  readonly reached: number;
}

export function readEvidence(
  slot: number,
  record: StoredRecord,
  score: number,
  reached: number,
): Evidence {
  const { fields, createdAt } = JSON.parse(record.view) as {
    readonly fields: Evidence['fields'];
    readonly createdAt: string;
  };
  const { terms, marks } = lexicalAnalyzer.analyze(record.text);
  return {
    slot,
    record,
    fields,
    terms: new Set(terms),
    length: terms.length,
    asks: marks / ASKS,
    at: timeOf(fields.at) ?? timeOf(fields.validFrom) ?? Date.parse(createdAt),
    score,
    reached,
  };
}

export function timeOf(value: Json | undefined): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** The terms of one field, or of the members of a set. */
export function termsOfField(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return termsOf(value);
  return Array.isArray(value) ? value.flatMap((member) => termsOfField(member)) : [];
}
