import type { Scored } from './second-scoring.js';

/**
 * Two rankings whose scores are of different kinds become one: 1 / (offset + rank), summed (Cormack,
 * Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet, 2009).
 */
export function fused(
  lexical: readonly Scored[],
  similar: readonly Scored[],
  offset: number,
): readonly Scored[] {
  const all = new Map<string, Scored>();
  for (const [list, reason] of [
    [lexical, undefined],
    [similar, 'similar in meaning'],
  ] as const) {
    for (const [rank, one] of list.entries()) {
      const { namespace, id } = one.evidence.record;
      const key = `${namespace}\n${id}`;
      const known = all.get(key);
      const score = (known?.score ?? 0) + 1 / (offset + rank + 1);
      const why = [...(known ?? one).why, ...(reason === undefined ? [] : [reason])];
      all.set(key, { evidence: (known ?? one).evidence, score, why });
    }
  }
  return [...all.values()];
}
