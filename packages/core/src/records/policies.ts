import { type AgentId, type Causal, compareNewestFirst } from '@mnemesh/protocol';
import type { Json } from '../collections/collection.js';
import { canonicalJson } from './canonical-json.js';

/**
 * How a namespace picks among concurrent values. `merge` shows the newest and leaves it open.
 * `last-writer-wins` settles on the newest. `authority-wins` settles on what one agent wrote, and is
 * open while that agent wrote nothing. `manual` shows the oldest until somebody decides.
 */
export const policies = ['merge', 'last-writer-wins', 'authority-wins', 'manual'] as const;
export type Policy = (typeof policies)[number];

/** All that a resolution depends on beside the values, equal on every replica that knows the directory. */
export interface Rules {
  readonly policy: Policy;
  /** Whose value wins under `authority-wins`. */
  readonly authority?: AgentId;
  /** An agent's value never takes the place of a human's unseen. Default: nobody is human. */
  readonly isHuman?: (agent: AgentId) => boolean;
}

export interface CausalValue {
  readonly causal: Causal;
  readonly value: Json;
}

export interface Resolution {
  readonly chosen: CausalValue;
  /** Values that differ from the chosen one, newest first, each once. */
  readonly others: readonly CausalValue[];
  /** True when somebody should look: the policy picked for showing, not for good. */
  readonly open: boolean;
}

/** Among values that causality left standing. Equal values written twice are one value. A pure function of the set. */
export function resolveValue(rules: Rules, values: readonly CausalValue[]): Resolution {
  const distinct = distinctValues(rules, values);
  const [picked, isSettled] = pick(rules, distinct);
  const humans = distinct.filter(({ isHuman }) => isHuman);
  const overridesHuman = !picked.isHuman && humans.length > 0;
  const chosen =
    overridesHuman && !picked.hasAuthority
      ? pick({ ...rules, policy: rules.policy === 'manual' ? 'manual' : 'merge' }, humans)[0]
      : picked;
  const others = distinct.filter((other) => other !== chosen);
  return {
    chosen: chosen.newest,
    others: others.map(({ newest }) => newest),
    open: others.length > 0 && (!isSettled || overridesHuman),
  };
}

/**
 * Is a member in a set? Under `merge` and `manual` an addition wins over a concurrent removal; what a
 * human did wins over what agents did. Never a conflict.
 */
export function resolveMember(rules: Rules, values: readonly CausalValue[]): CausalValue {
  const ordered = [...values].sort((a, b) => compareNewestFirst(a.causal, b.causal));
  const ofHumans = ordered.filter(({ causal }) => rules.isHuman?.(causal.agent) === true);
  const heard = ofHumans.length > 0 ? ofHumans : ordered;
  const newest = heard[0] as CausalValue;
  if (rules.policy === 'last-writer-wins') return newest;
  const ofAuthority =
    rules.policy === 'authority-wins'
      ? heard.find(({ causal }) => causal.agent === rules.authority)
      : undefined;
  return ofAuthority ?? heard.find(({ value }) => value !== null) ?? newest;
}

/** One value, whoever wrote it, and what follows from who did. */
interface DistinctValue {
  readonly newest: CausalValue;
  isHuman: boolean;
  hasAuthority: boolean;
}

function distinctValues(rules: Rules, values: readonly CausalValue[]): readonly DistinctValue[] {
  const byText = new Map<string, DistinctValue>();
  const ordered = [...values].sort((a, b) => compareNewestFirst(a.causal, b.causal));
  for (const newest of ordered) {
    const text = canonicalJson(newest.value);
    const value = byText.get(text) ?? { newest, isHuman: false, hasAuthority: false };
    byText.set(text, value);
    value.isHuman ||= rules.isHuman?.(newest.causal.agent) === true;
    value.hasAuthority ||=
      rules.policy === 'authority-wins' && newest.causal.agent === rules.authority;
  }
  return [...byText.values()];
}

/** @returns what the policy picks of values that are newest first, and whether that settles it */
function pick(
  { policy }: Rules,
  values: readonly DistinctValue[],
): readonly [picked: DistinctValue, isSettled: boolean] {
  const newest = values[0] as DistinctValue;
  if (policy === 'manual') return [values.at(-1) as DistinctValue, false];
  if (policy === 'last-writer-wins') return [newest, true];
  const ofAuthority = values.find(({ hasAuthority }) => hasAuthority);
  return [ofAuthority ?? newest, ofAuthority !== undefined];
}
