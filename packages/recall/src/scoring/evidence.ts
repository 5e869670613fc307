import type { Json, StoredRecord } from '@mnemesh/core';
import { ASKS, marksOf, termsOf } from '../analysis/analyzer.js';

/** A record that may answer, read. What only the last few are asked for is worked out then. */
export class Evidence {
  readonly record: StoredRecord;
  readonly fields: { readonly [field: string]: Json };
  /** Hashes of the topics it belongs to. */
  readonly topics: ReadonlySet<string>;
  /** Milliseconds: when it happened, as far as is known. */
  readonly at: number;
  /** From the postings. */
  readonly score: number;
  /** Part of what was asked that it or its neighbours hold. */
  readonly reached: number;
  #terms: ReadonlySet<string> | undefined;

  constructor(record: StoredRecord, score = 0, reached = 0) {
    const { fields, createdAt, references } = JSON.parse(record.view) as {
      readonly fields: Evidence['fields'];
      readonly createdAt: string;
      readonly references?: readonly { readonly kind: string; readonly target: string }[];
    };
    this.record = record;
    this.fields = fields;
    this.topics = new Set(
      references?.flatMap(({ kind, target }) => (kind === 'topic' ? [target] : [])),
    );
    this.at = timeOf(fields.at) ?? timeOf(fields.validFrom) ?? Date.parse(createdAt);
    this.score = score;
    this.reached = reached;
  }

  get terms(): ReadonlySet<string> {
    this.#terms ??= new Set(termsOf(this.record.text));
    return this.#terms;
  }

  /** What somebody wrote or said, without what surrounds it. */
  get prose(): string {
    const { content, text, title, caption } = this.fields;
    const prose = content ?? text ?? title;
    if (typeof prose !== 'string') return this.record.text;
    return typeof caption === 'string' ? `${prose} ${caption}` : prose;
  }

  /** 0 to 1: whether it asks, at its end or somewhere. */
  get asks(): number {
    return marksOf(this.record.text) / ASKS;
  }
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
