import { type AgentId, type Causal, type Clock, isReplacedBy } from '@mnemesh/protocol';
import * as v from 'valibot';
import { compareClaims } from './claims.js';

/** What a completion's field holds. The claim is told here, so that its rank needs nothing else to have arrived. */
export const completionData = v.object({
  claim: v.optional(
    v.object({
      epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
      clock: v.pipe(v.number(), v.finite(), v.minValue(0)),
    }),
  ),
  result: v.optional(v.string()),
});

/** One completion as its author signed it. */
export interface Completion {
  readonly causal: Causal;
  /** The claim under which the work was done; undefined where there was none. */
  readonly claim: { readonly epoch: number; readonly clock: Clock } | undefined;
  readonly result: string | undefined;
}

/**
 * The one completion that counts: a pure function of the set. Those whose author had been shown
 * another are out; among the rest, which are concurrent, the one whose claim ranks first. So
 * a completion alone is accepted whatever its claim's rank, and acceptance changes only when
 * concurrent ones meet.
 */
export function acceptedOf(completions: readonly Completion[]): Completion | undefined {
  const first = completions.filter(
    ({ causal }) => !completions.some((other) => isAfter(causal, other.causal)),
  );
  // Contexts that name each other in a ring are no work of this code: everybody counts then.
  return [...(first.length > 0 ? first : completions)].sort(compareCompletions)[0];
}

/** Had the author of `later` been shown `earlier`? */
function isAfter(later: Causal, earlier: Causal): boolean {
  return later !== earlier && isReplacedBy(earlier, later);
}

function compareCompletions(a: Completion, b: Completion): number {
  const byClaim = compareClaims(rankOf(a), rankOf(b));
  if (byClaim !== 0) return byClaim;
  if (a.causal.clock !== b.causal.clock) return a.causal.clock - b.causal.clock;
  return a.causal.version < b.causal.version ? -1 : 1;
}

/** Without a claim it ranks behind all that have one. */
function rankOf({ claim, causal }: Completion): {
  readonly epoch: number;
  readonly clock: Clock;
  readonly agent: AgentId;
} {
  return { epoch: claim?.epoch ?? 0, clock: claim?.clock ?? causal.clock, agent: causal.agent };
}
