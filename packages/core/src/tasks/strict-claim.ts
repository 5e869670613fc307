import {
  type AgentId,
  type FrameOf,
  MnemeshError,
  type Namespace,
  type RecordId,
  type SessionId,
} from '@mnemesh/protocol';
import type { ClaimToken, TaskClaim } from './claims.js';

/** What a relay is asked: to grant this session the task, if the last grant was `expected`. */
export interface StrictRequest {
  readonly namespace: Namespace;
  readonly record: RecordId;
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly ttlMs: number;
}

export type ClaimAsked = Omit<FrameOf<'claim'>, 'type' | 'request'>;
export type ClaimAnswer = Omit<FrameOf<'claimed'>, 'type' | 'request'>;

export interface StrictSurroundings {
  /** @throws MnemeshError `relay_unavailable` when no relay can answer now */
  readonly ask: (asked: ClaimAsked) => Promise<ClaimAnswer>;
  readonly isLapsed: (claim: TaskClaim) => boolean;
  readonly nameOf: (agent: AgentId) => string;
}

/**
 * Compare-and-set at the relay: granted only to who knows the last grant, so to one at a time. A grant
 * whose claim never arrived here (its session died before writing it) is passed over once the relay says
 * that its lease is over.
 * @throws MnemeshError `relay_unavailable`, `already_claimed`, `claims_in_doubt`, `overloaded`: nothing is claimed then
 */
export async function strictToken(
  request: StrictRequest,
  claims: readonly TaskClaim[],
  around: StrictSurroundings,
): Promise<ClaimToken> {
  const known = latestToken(claims);
  const first = await around.ask({ ...request, expected: known });
  const answer = isAbandoned(first, claims)
    ? await around.ask({ ...request, expected: first.token })
    : first;
  if (answer.outcome === 'granted' && answer.token !== undefined) return answer.token;
  throw refusalOf(answer, around);
}

function latestToken(claims: readonly TaskClaim[]): ClaimToken | undefined {
  return claims
    .flatMap(({ token }) => token ?? [])
    .reduce<ClaimToken | undefined>(
      (latest, token) => (latest === undefined || token.number > latest.number ? token : latest),
      undefined,
    );
}

function isAbandoned(
  { outcome, token, remainingMs }: ClaimAnswer,
  claims: readonly TaskClaim[],
): boolean {
  if (outcome !== 'held' || token === undefined || remainingMs > 0) return false;
  return !claims.some((claim) => claim.token?.number === token.number);
}

function refusalOf(
  { outcome, holder, remainingMs }: ClaimAnswer,
  around: StrictSurroundings,
): MnemeshError {
  if (outcome === 'in_doubt') {
    return new MnemeshError(
      'claims_in_doubt',
      'The relay was not shut down in order, and grants no strict claim until its operator confirms them: mnemesh serve --confirm-claims.',
      { retryable: true },
    );
  }
  if (outcome === 'full') {
    return new MnemeshError(
      'overloaded',
      'The relay keeps as many strict claims as it can. Take an advisory one, or ask its operator to raise the limit.',
      { retryable: true },
    );
  }
  const who = holder === undefined ? 'Another session' : around.nameOf(holder.agent);
  return new MnemeshError(
    'already_claimed',
    `${who} was granted this task by the relay. Try again in ${Math.ceil(remainingMs / 1000)} s, or when its claim has arrived here.`,
    { retryable: true },
  );
}
