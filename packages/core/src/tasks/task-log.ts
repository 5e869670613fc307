import { type AgentId, BASE_FIELD, type SessionId } from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import * as v from 'valibot';
import { clockIso } from '../hybrid-clock.js';
import { readData } from '../records/read-data.js';
import { claimModes } from './claims.js';
import { oldestFirst, stateOf, statusValues } from './task-facts.js';
import { taskFields } from './task-fields.js';
import { statesAfter, type TaskState, taskStates } from './task-state.js';

/** Entries of one task's log. Beyond it nothing that would be logged is written. */
export const LOG_ENTRIES = 10_000;
/** Characters of a comment or a reason. */
export const WORDS_CHARS = 20_000;

const words = v.pipe(v.string(), v.maxLength(WORDS_CHARS));
const change = { from: v.optional(v.picklist(taskStates)), to: v.optional(v.picklist(taskStates)) };

/** What an event's field holds. Who and when are those of the signed envelope. */
export const taskEventData = v.variant('type', [
  v.object({ type: v.literal('state'), ...change, why: v.optional(words) }),
  v.object({
    type: v.literal('claimed'),
    ...change,
    epoch: v.number(),
    mode: v.picklist(claimModes),
    replaces: v.optional(v.string()),
  }),
  v.object({ type: v.literal('released'), ...change, epoch: v.number(), why: v.optional(words) }),
  v.object({
    type: v.literal('replanned'),
    /** The fields that were written. */
    fields: v.array(v.string()),
    why: v.optional(words),
  }),
  v.object({ type: v.literal('comment'), text: words }),
]);
export type TaskEventData = v.InferOutput<typeof taskEventData>;

interface Logged {
  readonly agent: AgentId;
  readonly session: SessionId;
  /** ISO 8601, by the session's hybrid clock. */
  readonly at: string;
}

/** One entry of a task's log. */
export type TaskEvent = Logged &
  (
    | { readonly type: 'created'; readonly to: TaskState }
    | (TaskEventData & {
        /** A merge brought it after a state that it could not follow: somebody wrote it elsewhere, not knowing. */
        readonly outOfTurn?: true;
      })
  );

/** The log of one task, oldest first: a pure function of its envelopes. */
export function readLog(standing: readonly VerifiedEnvelope[]): readonly TaskEvent[] {
  const events: TaskEvent[] = [];
  let state: TaskState | undefined;
  for (const envelope of oldestFirst(standing)) {
    const event = eventOf(envelope, state);
    if (event === undefined) continue;
    events.push(event);
    if ('to' in event && event.to !== undefined && !('outOfTurn' in event)) state = event.to;
  }
  return events;
}

function eventOf(envelope: VerifiedEnvelope, state: TaskState | undefined): TaskEvent | undefined {
  const { agent, session, clock } = envelope;
  const logged: Logged = { agent, session, at: clockIso(clock) };
  if (envelope.field === BASE_FIELD)
    return { ...logged, type: 'created', to: stateOf(statusValues([envelope])[0]?.value) };
  if (!envelope.field.startsWith(taskFields.event)) return undefined;
  const read = v.safeParse(taskEventData, readData(envelope.data));
  if (!read.success) return undefined;
  const data = read.output;
  const to = 'to' in data ? data.to : undefined;
  const follows =
    to === undefined || state === undefined || to === state || statesAfter(state).includes(to);
  return { ...logged, ...data, ...(follows ? {} : { outOfTurn: true as const }) };
}
