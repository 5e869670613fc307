import {
  type AgentId,
  type Context,
  MnemeshError,
  mergeContext,
  type SessionId,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { Json } from '../collections/collection.js';
import {
  CLAIMS_OF_TASK,
  type ClaimMode,
  type ClaimToken,
  claimKey,
  firstClaim,
  holderOf,
  type TaskClaim,
} from './claims.js';
import { statusValues, type TaskFacts } from './task-facts.js';
import { STATUS_FIELD, taskFields } from './task-fields.js';
import { LOG_ENTRIES, type TaskEventData } from './task-log.js';
import { alreadyCompleted, isEnd, refuseTransition, type TaskState } from './task-state.js';

/** Who does something to a task. */
export interface TaskActor {
  readonly agent: AgentId;
  readonly session: SessionId;
}

/** One field that an operation writes. */
export interface OperationField {
  readonly field: string;
  readonly context: Context;
  readonly value: Json;
}

/** A task as it stands when an operation's turn has come. */
export interface StandingTask {
  readonly facts: TaskFacts;
  readonly standing: readonly VerifiedEnvelope[];
  /** Milliseconds by this device's wall clock. */
  readonly now: number;
  /** A name no other event has. */
  readonly freshName: () => string;
}

export interface ClaimRequest {
  readonly mode: ClaimMode;
  readonly ttlMs: number;
  readonly token?: ClaimToken;
  /** Has this claim's lease lapsed, as far as this replica can tell? */
  readonly isLapsed: (claim: TaskClaim) => boolean;
  readonly nameOf: (agent: AgentId) => string;
}

/**
 * The claim that would be taken over, if any.
 * @throws MnemeshError `already_completed`, `illegal_transition`, `already_claimed`
 */
export function refuseClaim(
  { facts }: Pick<StandingTask, 'facts'>,
  actor: TaskActor,
  { isLapsed, nameOf }: Pick<ClaimRequest, 'isLapsed' | 'nameOf'>,
): void {
  if (isEnd(facts.status)) refuseTransition(facts.status, 'working');
  const holder = holderOf(facts.claims);
  if (holder !== undefined && !isHeldBy(holder, actor) && !isLapsed(holder)) {
    const until = new Date(holder.renewedAt + holder.ttlMs).toISOString();
    throw new MnemeshError(
      'already_claimed',
      `${nameOf(holder.agent)} holds this task until ${until}, unless it renews. Take another, or try again then.`,
      { retryable: true },
    );
  }
  if (facts.claims.length >= CLAIMS_OF_TASK) {
    throw new MnemeshError(
      'too_large',
      `This task was claimed ${CLAIMS_OF_TASK} times. Cancel it and create a new one.`,
    );
  }
}

/**
 * A claim with the next epoch, and the state that goes with it. Who holds the task already renews, unless
 * it asks for what that claim is not: a relay's word, or, of an advisory one, another lease.
 */
export function claimFields(
  task: StandingTask,
  actor: TaskActor,
  request: ClaimRequest,
): readonly OperationField[] {
  refuseClaim(task, actor, request);
  const { facts, now } = task;
  const first = firstClaim(facts.claims);
  const { mode, ttlMs, token } = request;
  const isOwn = first !== undefined && !first.released && isHeldBy(first, actor);
  const isEnough = first?.mode === 'strict' || (mode === 'advisory' && first?.ttlMs === ttlMs);
  if (isOwn && isEnough) return [leaseField(task, first, { at: now })];
  const epoch = (first?.epoch ?? 0) + 1;
  const replaces = first === undefined ? {} : { replaces: first.key };
  const to: TaskState | undefined = facts.status === 'submitted' ? 'working' : undefined;
  const claim = {
    field: taskFields.claim + claimKey(epoch, actor.session),
    context: new Map(),
    value: {
      epoch,
      mode,
      ttlMs,
      at: now,
      ...replaces,
      ...(token === undefined ? {} : { token: { ...token } }),
    },
  };
  const change = to === undefined ? {} : { from: facts.status, to };
  return [
    claim,
    ...(to === undefined ? [] : [statusField(task, to)]),
    eventField(task, { type: 'claimed', epoch, mode, ...replaces, ...change }),
  ];
}

/** @throws MnemeshError `not_claimed` */
export function renewFields(task: StandingTask, actor: TaskActor): readonly OperationField[] {
  return [leaseField(task, ownClaim(task, actor), { at: task.now })];
}

/**
 * Gives the task back. Another session of the same agent may do it too: the one that claimed may be gone.
 * @throws MnemeshError `not_claimed`
 */
export function releaseFields(
  task: StandingTask,
  actor: TaskActor,
  why: string | undefined,
): readonly OperationField[] {
  const { facts } = task;
  const claim = ownClaim(task, actor, 'any session');
  const to: TaskState | undefined = facts.status === 'working' ? 'submitted' : undefined;
  const reason = why === undefined ? {} : { why };
  const change = to === undefined ? {} : { from: facts.status, to };
  return [
    leaseField(task, claim, { at: claim.renewedAt, released: true }),
    ...(to === undefined ? [] : [statusField(task, to)]),
    eventField(task, { type: 'released', epoch: claim.epoch, ...reason, ...change }),
  ];
}

/**
 * A completion, under this agent's best claim if it has one.
 * @throws MnemeshError `already_completed`, `illegal_transition`; `already_claimed` for who never claimed what another holds
 */
export function completeFields(
  task: StandingTask,
  actor: TaskActor,
  { result, nameOf }: { readonly result: string | undefined } & Pick<ClaimRequest, 'nameOf'>,
): readonly OperationField[] {
  refuseStranger(task, actor, nameOf);
  return completionFields(task, actor, claimOf(task, actor), result, undefined);
}

/** @throws MnemeshError `already_completed`, `illegal_transition`, `already_claimed` likewise */
export function failFields(
  task: StandingTask,
  actor: TaskActor,
  { why, nameOf }: { readonly why: string } & Pick<ClaimRequest, 'nameOf'>,
): readonly OperationField[] {
  refuseStranger(task, actor, nameOf);
  return stateFields(task, actor, 'failed', why);
}

/** Whoever claimed the task may end it, its claim lost or not; others only while nobody holds it. */
function refuseStranger(
  task: StandingTask,
  actor: TaskActor,
  nameOf: ClaimRequest['nameOf'],
): void {
  const holder = isEnd(task.facts.status) ? undefined : holderOf(task.facts.claims);
  if (holder === undefined || claimOf(task, actor) !== undefined) return;
  throw new MnemeshError(
    'already_claimed',
    `${nameOf(holder.agent)} holds this task. Only who claimed it ends it: claim it once it is free.`,
    { retryable: true },
  );
}

/** This session's best claim, or else its agent's. */
function claimOf({ facts }: StandingTask, actor: TaskActor): TaskClaim | undefined {
  const own = facts.claims.filter(({ agent }) => agent === actor.agent);
  return own.find(({ session }) => session === actor.session) ?? own[0];
}

/** What ends or moves a task without regard to who holds it: a person's word, or an update. */
export function stateFields(
  task: StandingTask,
  actor: TaskActor,
  to: TaskState,
  why: string | undefined,
): readonly OperationField[] {
  const { facts } = task;
  if (to === 'completed') {
    if (isSettling(task, to)) return [statusField(task, to)];
    return completionFields(task, actor, claimOf(task, actor), undefined, why);
  }
  refuseTransition(facts.status, to);
  if (facts.status === to) return [statusField(task, to)];
  const reason = why === undefined ? {} : { why };
  return [
    statusField(task, to),
    eventField(task, { type: 'state', from: facts.status, to, ...reason }),
  ];
}

/** One of several states that stand takes the place of all. @throws MnemeshError `already_completed` */
export function settledFields(
  task: StandingTask,
  to: TaskState,
  why: string | undefined,
): readonly OperationField[] {
  const { facts } = task;
  if (facts.status === to) return [statusField(task, to)];
  if (facts.accepted !== undefined) throw alreadyCompleted();
  const reason = why === undefined ? {} : { why };
  return [
    statusField(task, to),
    eventField(task, { type: 'state', from: facts.status, to, ...reason }),
  ];
}

export function eventField(task: StandingTask, event: TaskEventData): OperationField {
  const logged = task.standing.filter(({ field }) => field.startsWith(taskFields.event)).length;
  if (logged >= LOG_ENTRIES) {
    throw new MnemeshError(
      'too_large',
      `The log of this task has ${LOG_ENTRIES} entries, and takes no more. Go on in a new task.`,
    );
  }
  return {
    field: taskFields.event + task.freshName(),
    context: new Map(),
    value: event as unknown as Json,
  };
}

/** Writing `completed` again where states conflict settles them; it is no second completion. */
function isSettling({ facts }: StandingTask, to: TaskState): boolean {
  return facts.status === to && facts.statuses !== undefined && facts.statuses.others.length > 0;
}

function completionFields(
  task: StandingTask,
  actor: TaskActor,
  claim: TaskClaim | undefined,
  result: string | undefined,
  why: string | undefined,
): readonly OperationField[] {
  const { facts } = task;
  if (facts.completions.length > 0) throw alreadyCompleted();
  refuseTransition(facts.status, 'completed');
  const reason = why === undefined ? {} : { why };
  const rank = claim === undefined ? {} : { claim: { epoch: claim.epoch, clock: claim.clock } };
  return [
    {
      field: taskFields.completion + actor.session,
      context: new Map(),
      value: { ...rank, ...(result === undefined ? {} : { result }) },
    },
    statusField(task, 'completed'),
    eventField(task, { type: 'state', from: facts.status, to: 'completed', ...reason }),
  ];
}

/** Whoever does it has looked at the state: all its values are replaced. */
function statusField({ standing }: StandingTask, status: TaskState): OperationField {
  const shown = statusValues(standing).filter(({ causal }) =>
    standing.some(({ field, version }) => field === STATUS_FIELD && version === causal.version),
  );
  const context = new Map();
  for (const { causal } of shown) mergeContext(context, causal);
  return { field: STATUS_FIELD, context, value: status };
}

function leaseField(
  { standing }: StandingTask,
  claim: TaskClaim,
  lease: { readonly at: number; readonly released?: true },
): OperationField {
  const field = taskFields.lease + claim.key;
  const context = new Map();
  for (const envelope of standing) if (envelope.field === field) mergeContext(context, envelope);
  return { field, context, value: lease };
}

function ownClaim(
  { facts }: StandingTask,
  actor: TaskActor,
  of: 'this session' | 'any session' = 'this session',
): TaskClaim {
  const holder = isEnd(facts.status) ? undefined : holderOf(facts.claims);
  const isOwn =
    holder !== undefined &&
    (of === 'any session' ? holder.agent === actor.agent : isHeldBy(holder, actor));
  if (isOwn) return holder;
  const had = facts.claims.some(({ agent }) => agent === actor.agent);
  const how = isEnd(facts.status)
    ? `It is ${facts.status}.`
    : had
      ? 'The claim was lost or given back: stop, and claim it again if it is free.'
      : 'Claim it first.';
  throw new MnemeshError('not_claimed', `This session does not hold the task. ${how}`);
}

export function isHeldBy(claim: TaskClaim, actor: TaskActor): boolean {
  return claim.agent === actor.agent && claim.session === actor.session;
}
