import type { Scored } from './second-scoring.js';
import type { RecallWeights } from './weights.js';

/** Texts with fewer different terms are told apart by any of them. */
const LEAST_TERMS = 4;

/** Words that turn a sentence into its opposite; to the search they are stop words. */
const NEGATIONS = /\b(?:no|not|nor|never|none|nobody|nothing|neither|without|cannot)\b|n['’]t\b/giu;

/**
 * The best `limit`, without those that say nothing which a better one does not say too. A text that puts
 * another word in the place of one, another number, or a "not", says something else, however long both are.
 */
export function withoutNearDuplicates(
  scored: readonly Scored[],
  limit: number,
  weights: RecallWeights,
): readonly Scored[] {
  const kept: Scored[] = [];
  for (const one of scored) {
    if (kept.length === limit) break;
    const twin = one.evidence.record.conflicted
      ? undefined
      : kept.findIndex((other) => saysTheSame(one, other, weights.nearDuplicate));
    if (twin === undefined || twin < 0) kept.push(one);
    else {
      const better = kept[twin] as Scored;
      kept[twin] = { ...better, why: withAgreement(better.why) };
    }
  }
  return kept;
}

const AGREED = 'said again elsewhere';

function withAgreement(why: readonly string[]): readonly string[] {
  return why.includes(AGREED) ? why : [...why, AGREED];
}

/** One of them says all that the other says, and hardly more. */
function saysTheSame({ evidence: a }: Scored, { evidence: b }: Scored, part: number): boolean {
  if (a.record.collection !== b.record.collection) return false;
  const [less, more] = a.terms.size <= b.terms.size ? [a.terms, b.terms] : [b.terms, a.terms];
  if (less.size < LEAST_TERMS || less.size < part * more.size) return false;
  for (const term of less) if (!more.has(term)) return false;
  for (const term of more) if (!less.has(term) && /\p{N}/u.test(term)) return false;
  return negations(a.prose) === negations(b.prose);
}

function negations(text: string): number {
  return text.match(NEGATIONS)?.length ?? 0;
}
