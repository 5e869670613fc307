import {
  BASE_FIELD,
  type Causal,
  compareNewestFirst,
  type Incarnation,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import * as v from 'valibot';
import type { Json } from '../collections/collection.js';
import {
  type CausalValue,
  type Resolution,
  type Rules,
  resolveValue,
} from '../records/policies.js';
import { readData } from '../records/read-data.js';
import { byRank, claimData, claimKey, leaseData, type TaskClaim } from './claims.js';
import { acceptedOf, type Completion, completionData } from './completions.js';
import { STATUS_FIELD, taskFields } from './task-fields.js';
import { isEnd, type TaskState, taskStates } from './task-state.js';

/** What the envelopes of one task say of its state: a pure function of the set. */
export interface TaskFacts {
  readonly status: TaskState;
  /** The values of the status that stand, the shown one first. */
  readonly statuses: Resolution | undefined;
  /** In the order of their rank. */
  readonly claims: readonly TaskClaim[];
  readonly completions: readonly Completion[];
  readonly accepted: Completion | undefined;
}

/** @returns undefined while there is no base, and after a tombstone */
export function readTask(
  standing: readonly VerifiedEnvelope[],
  rules: Rules,
): TaskFacts | undefined {
  if (standing.some(({ field }) => field === TOMBSTONE_FIELD)) return undefined;
  if (!standing.some(({ field }) => field === BASE_FIELD)) return undefined;
  const completions = readCompletions(standing);
  const accepted = acceptedOf(completions);
  const values = statusValues(standing);
  const statuses = values.length === 0 ? undefined : settleStatus(rules, values, accepted);
  const status = accepted === undefined ? stateOf(statuses?.chosen.value) : 'completed';
  return { status, statuses, claims: readClaims(standing), completions, accepted };
}

/** Every value of the status that stands: as written, or else as the task was created. */
export function statusValues(standing: readonly VerifiedEnvelope[]): readonly CausalValue[] {
  const written = standing.filter(({ field }) => field === STATUS_FIELD);
  if (written.length > 0)
    return written.map((causal) => ({ causal, value: readData(causal.data) }));
  return standing.flatMap((causal) => {
    if (causal.field !== BASE_FIELD) return [];
    const base = readData(causal.data) as { readonly values?: { readonly status?: Json } } | null;
    const value = base?.values?.status;
    return value === undefined ? [] : [{ causal, value }];
  });
}

/**
 * Which of several concurrent states is shown. A completion that counts decides; else an end goes
 * before what is not over, `completed` before the other ends; else the namespace's policy decides.
 * The others are listed. Somebody should look, unless an end met a state that is not over.
 */
export function settleStatus(
  rules: Rules,
  values: readonly CausalValue[],
  accepted: Completion | undefined,
): Resolution {
  const best = Math.min(...values.map(({ value }) => precedence(value)));
  const chosen =
    accepted === undefined
      ? resolveValue(
          rules,
          values.filter(({ value }) => precedence(value) === best),
        ).chosen
      : { causal: accepted.causal, value: 'completed' };
  const others = newestFirst(values).filter(({ value }) => value !== chosen.value);
  return { chosen, others, open: isOpen(rules, chosen, values) };
}

function isOpen(rules: Rules, chosen: CausalValue, values: readonly CausalValue[]): boolean {
  const isHuman = ({ causal }: CausalValue): boolean => rules.isHuman?.(causal.agent) === true;
  const rank = precedence(chosen.value);
  const contested = values.filter(
    (one) => rank > 1 || precedence(one.value) < 2 || (isHuman(one) && !isHuman(chosen)),
  );
  return resolveValue(rules, [chosen, ...contested]).open;
}

/** Each value once. */
function newestFirst(values: readonly CausalValue[]): readonly CausalValue[] {
  const { chosen, others } = resolveValue({ policy: 'merge' }, values);
  return [chosen, ...others];
}

function precedence(value: Json): number {
  const state = stateOf(value);
  return state === 'completed' ? 0 : isEnd(state) ? 1 : 2;
}

/** What is no state counts as not begun, on every replica alike. */
export function stateOf(value: Json | undefined): TaskState {
  return taskStates.find((state) => state === value) ?? 'submitted';
}

export function readClaims(standing: readonly VerifiedEnvelope[]): readonly TaskClaim[] {
  const leases = standing.filter(({ field }) => field.startsWith(taskFields.lease));
  const claims = standing.flatMap((envelope): TaskClaim[] => {
    if (!envelope.field.startsWith(taskFields.claim)) return [];
    const data = v.safeParse(claimData, readData(envelope.data));
    if (!data.success) return [];
    const { epoch, at, replaces, token, ...rest } = data.output;
    const key = claimKey(epoch, envelope.session);
    if (envelope.field !== taskFields.claim + key) return [];
    const own = leases.filter(
      ({ field, agent }) => field === taskFields.lease + key && agent === envelope.agent,
    );
    return [
      {
        ...rest,
        key,
        epoch,
        agent: envelope.agent,
        session: envelope.session,
        clock: envelope.clock,
        ...(replaces === undefined ? {} : { replaces }),
        ...(token === undefined
          ? {}
          : { token: { ...token, incarnation: token.incarnation as Incarnation } }),
        ...leaseOf(own, at),
      },
    ];
  });
  return claims.sort(byRank);
}

/** The latest renewal counts, and a release whatever is concurrent with it. */
function leaseOf(
  leases: readonly VerifiedEnvelope[],
  madeAt: number,
): Pick<TaskClaim, 'renewedAt' | 'released'> {
  const read = leases.flatMap((envelope) => {
    const data = v.safeParse(leaseData, readData(envelope.data));
    return data.success ? [data.output] : [];
  });
  return {
    renewedAt: Math.max(madeAt, ...read.map(({ at }) => at)),
    released: read.some(({ released }) => released === true),
  };
}

export function readCompletions(standing: readonly VerifiedEnvelope[]): readonly Completion[] {
  return standing.flatMap((envelope): Completion[] => {
    if (!envelope.field.startsWith(taskFields.completion)) return [];
    const data = v.safeParse(completionData, readData(envelope.data));
    if (!data.success) return [];
    const { claim, result } = data.output;
    return [{ causal: causalOf(envelope), claim, result }];
  });
}

function causalOf({ version, agent, session, clock, context }: VerifiedEnvelope): Causal {
  return { version, agent, session, clock, context };
}

/** The envelopes of these, oldest first. */
export function oldestFirst(envelopes: readonly VerifiedEnvelope[]): readonly VerifiedEnvelope[] {
  return [...envelopes].sort((a, b) => compareNewestFirst(b, a));
}
