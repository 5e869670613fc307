import { evaluateRecall } from '@mnemesh/testing';
import { describe, expect, it } from 'vitest';
import { openTeam } from './team.js';

/** Part of the cases of each kind that must be right. */
const DEMANDED = {
  contradiction: 0.95,
  supersession: 0.95,
  attribution: 0.9,
  forgetting: 1,
  isolation: 1,
  abstention: 0.8,
  identifiers: 0.9,
} as const;

describe('what a team asks of its memory', () => {
  it('is answered: contradictions, successors, deciders, identifiers; and nothing forgotten or from elsewhere [DL] [CF]', async () => {
    const results = await evaluateRecall(await openTeam(), 1);
    console.info(
      results
        .map(({ kind, right, cases, wrong }) =>
          [`${kind}: ${right} of ${cases}`, ...wrong].join('\n  '),
        )
        .join('\n'),
    );
    expect(results.reduce((sum, { cases }) => sum + cases, 0)).toBeGreaterThanOrEqual(200);
    for (const { kind, cases, right, wrong } of results)
      expect(right / cases, `${kind}: ${wrong.join(' | ')}`).toBeGreaterThanOrEqual(DEMANDED[kind]);
  });
});
