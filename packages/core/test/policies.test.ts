import type { AgentId } from '@mnemesh/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../src/records/canonical-json.js';
import {
  type CausalValue,
  policies,
  type Resolution,
  type Rules,
  resolveMember,
  resolveValue,
} from '../src/records/policies.js';
import { agents, causals } from './causal-arbitraries.js';

/** Any policy, any authority, any of the agents human. */
const rules: fc.Arbitrary<Rules> = fc
  .record({
    policy: fc.constantFrom(...policies),
    authority: agents,
    humans: fc.uniqueArray(agents),
  })
  .map(({ policy, authority, humans }) => ({
    policy,
    authority,
    isHuman: (agent: AgentId) => humans.includes(agent),
  }));
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
      fc.property(rules, twoOrders, (rule, [one, other]) => {
        expect(resolveValue(rule, one)).toEqual(resolveValue(rule, other));
        expect(resolveMember(rule, one)).toEqual(resolveMember(rule, other));
      }),
    );
  });

  test('shows every value once, chosen or listed [CF]', () => {
    fc.assert(
      fc.property(rules, fc.array(values, { minLength: 1 }), (rule, list) => {
        const { chosen, others } = resolveValue(rule, list);
        const shown = [chosen, ...others].map(({ value }) => canonicalJson(value));
        expect(new Set(shown).size).toBe(shown.length);
        expect(new Set(shown)).toEqual(new Set(list.map(({ value }) => canonicalJson(value))));
        const clocks = others.map(({ causal }) => causal.clock);
        expect(clocks).toEqual([...clocks].sort((a, b) => b - a));
      }),
    );
  });

  test('among agents alone: newest under merge and last-writer-wins, oldest under manual, the authority’s under authority-wins', () => {
    fc.assert(
      fc.property(rules, fc.array(values, { minLength: 1 }), (rule, list) => {
        const ofAgents = { ...rule, isHuman: () => false };
        const { chosen, others, open } = resolveValue(ofAgents, list);
        const isConflict = others.length > 0;
        const newest = Math.max(...list.map(({ causal }) => causal.clock));
        const texts = ofText(list);
        const hasAuthority = list.some(({ causal }) => causal.agent === rule.authority);
        switch (rule.policy) {
          case 'merge':
            expect([chosen.causal.clock, open]).toEqual([newest, isConflict]);
            break;
          case 'last-writer-wins':
            expect([chosen.causal.clock, open]).toEqual([newest, false]);
            break;
          case 'manual':
            expect(open).toBe(isConflict);
            for (const { value } of others)
              expect(latestOf(texts, value)).toBeGreaterThanOrEqual(chosen.causal.clock);
            break;
          case 'authority-wins':
            expect(open).toBe(isConflict && !hasAuthority);
            if (hasAuthority)
              expect(
                list.some(
                  ({ causal, value }) =>
                    causal.agent === rule.authority &&
                    canonicalJson(value) === canonicalJson(chosen.value),
                ),
              ).toBe(true);
            else expect(chosen.causal.clock).toBe(newest);
        }
      }),
    );
  });

  test('never lets an agent’s value take the place of a human’s unseen: it stays chosen, or is open [CF]', () => {
    fc.assert(
      fc.property(rules, fc.array(values, { minLength: 1 }), (rule, list) => {
        const resolution = resolveValue(rule, list);
        const ofHumans = list.filter(({ causal }) => rule.isHuman?.(causal.agent));
        const isKept = ofHumans.some((one) => isChosen(resolution, one));
        if (ofHumans.length > 0 && !isKept) expect(resolution.open).toBe(true);
        if (ofHumans.length > 0 && rule.policy !== 'authority-wins') expect(isKept).toBe(true);
      }),
    );
  });

  test('lets an addition to a set win under merge, the newest under last-writer-wins, and a human over agents', () => {
    fc.assert(
      fc.property(rules, fc.array(values, { minLength: 1 }), (rule, list) => {
        const ofHumans = list.filter(({ causal }) => rule.isHuman?.(causal.agent));
        const heard = ofHumans.length > 0 ? ofHumans : list;
        const { value, causal } = resolveMember(rule, list);
        const isAdded = heard.some((one) => one.value !== null);
        if (rule.policy === 'merge' || rule.policy === 'manual')
          expect(value !== null).toBe(isAdded);
        if (rule.policy === 'last-writer-wins')
          expect(causal.clock).toBe(Math.max(...heard.map((one) => one.causal.clock)));
        const ofAuthority = heard.filter((one) => one.causal.agent === rule.authority);
        if (rule.policy === 'authority-wins' && ofAuthority.length > 0)
          expect(causal.agent).toBe(rule.authority);
      }),
    );
  });
});

function isChosen({ chosen }: Resolution, { value }: CausalValue): boolean {
  return canonicalJson(chosen.value) === canonicalJson(value);
}

/** The clocks at which each value was written. */
function ofText(list: readonly CausalValue[]): ReadonlyMap<string, readonly number[]> {
  const clocks = new Map<string, number[]>();
  for (const { causal, value } of list) {
    const text = canonicalJson(value);
    clocks.set(text, [...(clocks.get(text) ?? []), causal.clock]);
  }
  return clocks;
}

function latestOf(texts: ReadonlyMap<string, readonly number[]>, value: CausalValue['value']) {
  return Math.max(...(texts.get(canonicalJson(value)) ?? []));
}
