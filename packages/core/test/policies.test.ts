import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../src/records/canonical-json.js';
import { type CausalValue, resolveMember, resolveValue } from '../src/records/policies.js';
import { causals } from './causal-arbitraries.js';

const policies = fc.constantFrom('merge', 'last-writer-wins');
const values: fc.Arbitrary<CausalValue> = fc.record({
  causal: causals,
  value: fc.constantFrom(null, 0, 1, 'a', { x: 1, y: [2] }, { y: [2], x: 1 }),
});
/** Some values, and the same in another order. */
const twoOrders = fc
  .uniqueArray(values, {
    minLength: 1,
    maxLength: 8,
    selector: ({ causal }) => causal.version,
  })
  .chain((list) =>
    fc.tuple(
      fc.constant(list),
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
    ),
  );

describe('a policy', () => {
  test('gives one answer, in whatever order the values come [CV]', () => {
    fc.assert(
      fc.property(policies, twoOrders, (policy, [one, other]) => {
        expect(resolveValue(policy, one)).toEqual(resolveValue(policy, other));
        expect(resolveMember(policy, one)).toEqual(resolveMember(policy, other));
      }),
    );
  });

  test('shows every value once, chosen or listed [CF]', () => {
    fc.assert(
      fc.property(policies, fc.array(values, { minLength: 1 }), (policy, list) => {
        const { chosen, others } = resolveValue(policy, list);
        const shown = [chosen, ...others].map(({ value }) => canonicalJson(value));
        expect(new Set(shown).size).toBe(shown.length);
        expect(new Set(shown)).toEqual(new Set(list.map(({ value }) => canonicalJson(value))));
      }),
    );
  });

  test('chooses the newest by clock, and lists the others from new to old', () => {
    fc.assert(
      fc.property(policies, fc.array(values, { minLength: 1 }), (policy, list) => {
        const { chosen, others } = resolveValue(policy, list);
        const shown = [chosen, ...others].map(({ causal }) => causal.clock);
        expect(shown).toEqual([...shown].sort((a, b) => b - a));
        expect(chosen.causal.clock).toBe(Math.max(...list.map(({ causal }) => causal.clock)));
      }),
    );
  });

  test('calls it open only where somebody should look: different values under merge', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1 }), (list) => {
        const distinct = new Set(list.map(({ value }) => canonicalJson(value))).size;
        expect(resolveValue('merge', list).open).toBe(distinct > 1);
        expect(resolveValue('last-writer-wins', list).open).toBe(false);
      }),
    );
  });

  test('lets an addition to a set win under merge, and the newest under last-writer-wins', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1 }), (list) => {
        const added = list.some(({ value }) => value !== null);
        expect(resolveMember('merge', list).value !== null).toBe(added);
        const newest = Math.max(...list.map(({ causal }) => causal.clock));
        expect(resolveMember('last-writer-wins', list).causal.clock).toBe(newest);
      }),
    );
  });
});
