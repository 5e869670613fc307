import type { Scored } from './second-scoring.js';
import type { RecallWeights } from './weights.js';

/** Texts with fewer different terms are told apart by any of them. */
const LEAST_TERMS = 4;

/** The best `limit`, without those that say the same as a better one. What conflicts is never left out. */
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

function saysTheSame({ evidence: a }: Scored, { evidence: b }: Scored, part: number): boolean {
  if (a.record.collection !== b.record.collection) return false;
  if (a.terms.size < LEAST_TERMS || b.terms.size < LEAST_TERMS) return false;
  let shared = 0;
  for (const term of a.terms) if (b.terms.has(term)) shared++;
  return shared >= part * (a.terms.size + b.terms.size - shared);
}
