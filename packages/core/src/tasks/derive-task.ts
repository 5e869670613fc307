import {
  type AgentId,
  BASE_FIELD,
  type Clock,
  type SessionId,
  type Version,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { Json } from '../collections/collection.js';
import type { Derived, Projected } from '../collections/schema.js';
import { clockIso } from '../hybrid-clock.js';
import { baseValueVersion, conflictId } from '../records/conflict-id.js';
import { conflictOf } from '../records/field-conflict.js';
import { type Resolution, type Rules, resolveValue } from '../records/policies.js';
import { readData } from '../records/read-data.js';
import { holderOf } from './claims.js';
import type { Completion } from './completions.js';
import { readTask, statusValues, type TaskFacts } from './task-facts.js';
import { BLOCKS, DEPENDENCIES_FIELD, RESULT_FIELD, STATUS_FIELD } from './task-fields.js';
import { isEnd } from './task-state.js';

/** A completion as a task shows it. */
export interface TaskCompletion {
  readonly version: Version;
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly at: string;
  /** Of the claim it was made under; 0 without one. */
  readonly epoch: number;
  readonly result?: string;
  /** True for one of them at most. */
  readonly accepted: boolean;
}

/** One task waits for another. `clock` and `agent` say which edge of a cycle came last. */
export interface BlockingEdge {
  readonly on: string;
  readonly clock: Clock;
  readonly agent: AgentId;
}

/** What a task's stored view keeps for the task graph. */
export interface KeptOfTask {
  readonly blocks: readonly BlockingEdge[];
}

/** A task's state, holder, claims and completions, read from its envelopes. */
export function deriveTask({ envelopes, rules, fields, conflicts }: Projected): Derived {
  const facts = readTask(envelopes, rules);
  if (facts === undefined) return { fields, conflicts };
  const { status, statuses, claims, completions, accepted } = facts;
  const holder = isEnd(status) ? undefined : holderOf(claims);
  const result = resultOf(envelopes, fields.result, accepted, rules);
  const settled = [
    ...(statuses === undefined
      ? []
      : [conflictOf(statusConflictId(envelopes, facts), STATUS_FIELD, statuses)]),
    ...(result === undefined ? [] : [conflictOf(resultConflictId(result), RESULT_FIELD, result)]),
  ];
  const isSettled = (field: string): boolean => settled.some((one) => one.field === field);
  const blocks = blockingEdges(envelopes, fields[DEPENDENCIES_FIELD]);
  return {
    fields: {
      ...fields,
      status,
      ...(result === undefined ? {} : { result: result.chosen.value }),
      ...(holder === undefined ? {} : { claim: holder as unknown as Json }),
      ...(claims.length === 0 ? {} : { claims: claims as unknown as Json }),
      ...(completions.length === 0
        ? {}
        : { completions: shownCompletions(facts) as unknown as Json }),
    },
    conflicts: [
      ...conflicts.filter(({ field }) => !isSettled(field)),
      ...settled.filter(({ others }) => others.length > 0),
    ],
    ...(blocks.length === 0 ? {} : { kept: { blocks } as unknown as Json }),
  };
}

/** Of the values that stand, as for any field; and of the completion, where its value is not among them. */
function statusConflictId(envelopes: readonly VerifiedEnvelope[], { accepted }: TaskFacts): string {
  const values = statusValues(envelopes);
  const isWritten = envelopes.some(({ field }) => field === STATUS_FIELD);
  const names = values.map(({ causal: { version } }) =>
    isWritten ? version : baseValueVersion(version, STATUS_FIELD),
  );
  const isAmong = accepted === undefined || values.some(({ value }) => value === 'completed');
  return conflictId(isAmong ? names : [...names, accepted.causal.version]);
}

function resultConflictId({ chosen, others }: Resolution): string {
  return conflictId([chosen, ...others].map(({ causal }) => causal.version));
}

/**
 * The accepted completion's result, unless somebody wrote the field after it. What was written before
 * or apart is listed; what other completions say is in them.
 * @returns undefined where no completion has a result: the field is then as any other
 */
function resultOf(
  envelopes: readonly VerifiedEnvelope[],
  written: Json | undefined,
  accepted: Completion | undefined,
  rules: Rules,
): Resolution | undefined {
  if (accepted?.result === undefined) return undefined;
  const { causal, result } = accepted;
  const heads = envelopes.flatMap((one) =>
    one.field === RESULT_FIELD ? [{ causal: one, value: readData(one.data) }] : [],
  );
  if (heads.length === 0) return { chosen: { causal, value: result }, others: [], open: false };
  const field = resolveValue(rules, heads);
  if (field.chosen.causal.clock > causal.clock && written !== undefined) return field;
  const all = [field.chosen, ...field.others];
  const others = all.filter(({ value }) => value !== null && value !== result);
  return { chosen: { causal, value: result }, others, open: field.open };
}

/** The accepted one first, the others oldest first. */
function shownCompletions({ completions, accepted }: TaskFacts): readonly TaskCompletion[] {
  const rest = completions
    .filter((completion) => completion !== accepted)
    .sort(
      (a, b) => a.causal.clock - b.causal.clock || (a.causal.version < b.causal.version ? -1 : 1),
    );
  const ordered = accepted === undefined ? rest : [accepted, ...rest];
  return ordered.map(({ causal, claim, result }) => ({
    version: causal.version,
    agent: causal.agent,
    session: causal.session,
    at: clockIso(causal.clock),
    epoch: claim?.epoch ?? 0,
    ...(result === undefined ? {} : { result }),
    accepted: causal === accepted?.causal,
  }));
}

/** Who added each `blocks` dependency that stands, and when: the newest of the values that name it. */
function blockingEdges(
  envelopes: readonly VerifiedEnvelope[],
  dependencies: Json | undefined,
): readonly BlockingEdge[] {
  const edges: BlockingEdge[] = [];
  for (const dependency of Array.isArray(dependencies) ? dependencies : []) {
    const { type, on } = dependency as { readonly type?: Json; readonly on?: Json };
    if (type !== BLOCKS || typeof on !== 'string') continue;
    const field = `${DEPENDENCIES_FIELD}/${BLOCKS}:${on}`;
    const named = envelopes.filter((one) => one.field === field && readData(one.data) !== null);
    const authors = named.length > 0 ? named : envelopes.filter((one) => one.field === BASE_FIELD);
    const { clock, agent } = authors.reduce((a, b) => (isLater(b, a) ? b : a));
    edges.push({ on, clock, agent });
  }
  return edges;
}

function isLater(a: VerifiedEnvelope, b: VerifiedEnvelope): boolean {
  return a.clock > b.clock || (a.clock === b.clock && a.agent > b.agent);
}
