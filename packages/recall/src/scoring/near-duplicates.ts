import { normalText } from '@mnemesh/core';
import type { Evidence } from './evidence.js';
import type { Scored } from './second-scoring.js';
import type { RecallWeights } from './weights.js';

/** Texts with fewer different terms are told apart by any of them. */
const LEAST_TERMS = 4;

/** Words that turn a sentence into its opposite; to the search they are stop words. */
const NEGATIONS = /\b(?:no|not|nor|never|none|nobody|nothing|neither|without|cannot)\b|n['’]t\b/giu;

/** Words by which it matters what stands before them and what behind. */
const DIRECTIONS =
  /\b(?:from|to|into|onto|before|after|above|below|over|under|than|instead|rather|by|for|with|if|unless|because)\b/iu;

/**
 * The best `limit`, without those that say nothing which a better one does not say too. A text that puts
 * another word in the place of one, another number, or a "not", says something else, however long both are; so does one that turns round what is
 * moved from where to where. Of two items of one topic both are shown unless they say it word for word: nobody
 * else tells that they contradict each other.
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
  if ([...a.topics].some((topic) => b.topics.has(topic)))
    return normalText(a.prose) === normalText(b.prose);
  const [less, more] = a.terms.size <= b.terms.size ? [a.terms, b.terms] : [b.terms, a.terms];
  if (less.size < LEAST_TERMS || less.size < part * more.size) return false;
  for (const term of less) if (!more.has(term)) return false;
  for (const term of more) if (!less.has(term) && /\p{N}/u.test(term)) return false;
  if (negations(a.prose) !== negations(b.prose)) return false;
  const order = [...more].filter((term) => less.has(term));
  return order.join(' ') === [...less].join(' ') || !(minds(a) || minds(b));
}

/** Does it matter in which order it names things? */
function minds({ prose }: Evidence): boolean {
  return negations(prose) > 0 || DIRECTIONS.test(prose);
}

function negations(text: string): number {
  return text.match(NEGATIONS)?.length ?? 0;
}
