import { type Causal, compareNewestFirst } from '@mnemesh/protocol';
import type { Json } from '../collections/collection.js';
import { canonicalJson } from './canonical-json.js';

/** How a namespace picks among concurrent values. A pure function of the values, so replicas agree. */
export type Policy = 'merge' | 'last-writer-wins';

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

/** Among values that causality left standing. Equal values written twice are one value. */
export function resolveValue(policy: Policy, values: readonly CausalValue[]): Resolution {
  const ordered = [...values].sort((a, b) => compareNewestFirst(a.causal, b.causal));
  const seen = new Set<string>();
  const distinct = ordered.filter(({ value }) => {
    const text = canonicalJson(value);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
  const [chosen, ...others] = distinct as [CausalValue, ...CausalValue[]];
  return { chosen, others, open: policy === 'merge' && others.length > 0 };
}

/** Whether a member is in a set. `merge` lets an addition win over a concurrent removal; neither is ever a conflict. */
export function resolveMember(policy: Policy, values: readonly CausalValue[]): CausalValue {
  const ordered = [...values].sort((a, b) => compareNewestFirst(a.causal, b.causal));
  const present = policy === 'merge' ? ordered.find(({ value }) => value !== null) : undefined;
  return present ?? (ordered[0] as CausalValue);
}
