import type { AgentId, Clock, Incarnation, SessionId } from '@mnemesh/protocol';
import * as v from 'valibot';

export const claimModes = ['advisory', 'strict'] as const;
/** `advisory` is taken offline, and may be taken twice under a partition; `strict` is granted by the relay or not at all. */
export type ClaimMode = (typeof claimModes)[number];

/** What a relay granted with a strict claim: one opening of its log, and how many grants the task has had. */
export interface ClaimToken {
  readonly incarnation: Incarnation;
  readonly number: number;
}

/** One claim on a task: a lease of one session of one agent. */
export interface TaskClaim {
  /** Names it within its task. */
  readonly key: string;
  readonly agent: AgentId;
  readonly session: SessionId;
  /** Rises by one with every claim that replaces another. */
  readonly epoch: number;
  /** When it was made, by its session's clock: breaks ties within an epoch. */
  readonly clock: Clock;
  readonly mode: ClaimMode;
  /** The claim it replaces, if there was one. */
  readonly replaces?: string;
  readonly token?: ClaimToken;
  /** Milliseconds for which the lease holds after each renewal. */
  readonly ttlMs: number;
  /** Milliseconds since the epoch by the holder's wall clock: when it was made or last renewed. */
  readonly renewedAt: number;
  readonly released: boolean;
}

/** Milliseconds that a lease may be asked for: shorter than a second nobody renews in time, longer than a week nobody watches. */
export const leaseLimits = { leastMs: 1_000, mostMs: 7 * 24 * 3_600_000 } as const;

/** Claims that one task takes. A task that was lost so often is created anew. */
export const CLAIMS_OF_TASK = 1_000;

/** What a claim's field holds. Its agent, session and clock are those of the signed envelope. */
export const claimData = v.object({
  epoch: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  mode: v.picklist(claimModes),
  ttlMs: v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(leaseLimits.mostMs)),
  at: v.pipe(v.number(), v.finite()),
  replaces: v.optional(v.string()),
  token: v.optional(
    v.object({
      incarnation: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
      number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
  ),
});

/** What its lease's field holds: written anew with every renewal. */
export const leaseData = v.object({
  at: v.pipe(v.number(), v.finite()),
  released: v.optional(v.boolean()),
});

export function claimKey(epoch: number, session: SessionId): string {
  return `${epoch}-${session}`;
}

/** First the one that holds: highest epoch, then earliest clock, then agent id. */
export function compareClaims(
  a: Pick<TaskClaim, 'epoch' | 'clock' | 'agent'>,
  b: Pick<TaskClaim, 'epoch' | 'clock' | 'agent'>,
): number {
  if (a.epoch !== b.epoch) return b.epoch - a.epoch;
  if (a.clock !== b.clock) return a.clock - b.clock;
  return a.agent < b.agent ? -1 : a.agent > b.agent ? 1 : 0;
}

/**
 * Whose claim it is: a pure function of the claim records. Expiry plays no part, and a claim that
 * was outranked does not come back when the one above it is released.
 */
export function holderOf(claims: readonly TaskClaim[]): TaskClaim | undefined {
  const first = firstClaim(claims);
  return first?.released === true ? undefined : first;
}

/** The claim that ranks first, released or not: the next one names it. */
export function firstClaim(claims: readonly TaskClaim[]): TaskClaim | undefined {
  return [...claims].sort(byRank)[0];
}

/** A total order, so that claims a cheater made equal in all that counts still have one first. */
export function byRank(a: TaskClaim, b: TaskClaim): number {
  return compareClaims(a, b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
