import { type Evidence, termsOfField } from './evidence.js';
import { type Question, tellsWhen } from './question.js';
import type { RecallWeights } from './weights.js';

export interface Scored {
  readonly evidence: Evidence;
  readonly score: number;
  readonly why: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Weighs each candidate by what only its record tells: who said it, whether it asks, when it happened. */
export function scoreEvidence(
  found: readonly Evidence[],
  question: Question,
  now: number,
  weights: RecallWeights,
): readonly Scored[] {
  const asked = new Set(question.terms);
  const weighed = found.map((evidence) => {
    const why: string[] = [];
    const factor =
      speaks(evidence, asked, why, weights) *
      names(evidence, asked, why, weights) *
      (1 - weights.asks * evidence.asks) *
      lengthy(evidence, weights) *
      timely(evidence, question, weights) *
      important(evidence, why, weights) *
      (1 + weights.recency * freshness(evidence, now, weights));
    return { evidence, score: evidence.score * factor, why };
  });
  return withSessions(weighed, weights);
}

/** How fresh, from 1 now to 0 long ago. */
function freshness({ at }: Evidence, now: number, weights: RecallWeights): number {
  return 2 ** (-Math.max(0, now - at) / (weights.recencyDays * DAY_MS));
}

/** Whitespace tells well enough; scripts without spaces are told by their signs. */
function lengthy({ prose }: Evidence, { shortText }: RecallWeights): number {
  const words = Math.max(prose.split(/\s+/).length, prose.length / 12);
  return words / (words + shortText);
}

function speaks(
  { fields }: Evidence,
  asked: ReadonlySet<string>,
  why: string[],
  weights: RecallWeights,
): number {
  if (typeof fields.speaker !== 'string') return 1;
  if (!termsOfField(fields.speaker).some((term) => asked.has(term))) return 1;
  why.push(`said by ${fields.speaker}`);
  return 1 + weights.speaker;
}

function names(
  { fields }: Evidence,
  asked: ReadonlySet<string>,
  why: string[],
  weights: RecallWeights,
): number {
  const isNamed = (value: Evidence['fields'][string] | undefined): boolean => {
    const terms = termsOfField(value);
    return terms.length > 0 && terms.every((term) => asked.has(term));
  };
  const tags = Array.isArray(fields.tags) ? fields.tags.filter((tag) => isNamed(tag)) : [];
  for (const tag of tags) why.push(`tagged ${tag}`);
  const byTags = 1 + weights.tag * Math.min(tags.length, 2);
  if (!isNamed(fields.topic)) return byTags;
  why.push(`about ${fields.topic}`);
  return byTags * (1 + weights.topic);
}

function timely({ prose }: Evidence, { asksWhen }: Question, weights: RecallWeights): number {
  return asksWhen && tellsWhen(prose) ? 1 + weights.when : 1;
}

function important({ fields }: Evidence, why: string[], weights: RecallWeights): number {
  const { importance } = fields;
  if (typeof importance !== 'number') return 1;
  if (importance >= 0.8) why.push('important');
  return 1 + weights.importance * (importance - 0.5) * 2;
}

/** Where one turn of a session speaks of what is asked, its others are likelier to. */
function withSessions(scored: readonly Scored[], weights: RecallWeights): readonly Scored[] {
  const best = new Map<string, readonly [first: number, second: number]>();
  for (const { evidence, score } of scored) {
    const key = sessionOf(evidence);
    if (key === undefined) continue;
    const [first, second] = best.get(key) ?? [0, 0];
    best.set(key, score > first ? [score, first] : [first, Math.max(second, score)]);
  }
  return scored.map((one) => {
    const [first, second] = best.get(sessionOf(one.evidence) ?? '') ?? [0, 0];
    const other = one.score === first ? second : first;
    return { ...one, score: one.score + weights.session * other };
  });
}

function sessionOf({ record, fields }: Evidence): string | undefined {
  if (record.thread === undefined) return undefined;
  return `${record.namespace}\n${record.thread}\n${fields.session ?? ''}`;
}
