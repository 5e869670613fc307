import type { Json, MeshStatus } from '@mnemesh/core';
import { type AgentId, type ErrorCode, MnemeshError, type SessionId } from '@mnemesh/protocol';
import * as v from 'valibot';

/**
 * Version of what a holder and its guests say to each other. Raise it with every change that the
 * other side would not understand: both may be of different installations on one device, or of different loads of one page.
 */
export const HOLDER_PROTOCOL = 1;

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const clock = v.pipe(v.number(), v.safeInteger(), v.minValue(-1));
const sessionId = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const name = text(200);
const recordId = text(128);

/** For each field, the clocks that the session was shown. */
const context = v.record(text(2048), v.record(sessionId, count));

const shown = v.object({ namespace: name, id: recordId, context });
export type ShownRecord = v.InferOutput<typeof shown>;

const record = v.object({ namespace: name, id: recordId });
export type RecordName = v.InferOutput<typeof record>;

const hello = v.object({
  type: v.literal('hello'),
  protocol: count,
  mesh: text(64),
  agent: text(64),
  /** The relay its settings name: the holder's own counts, and whoever wants another is told. */
  relay: v.optional(text(2048)),
  /** A session that a holder before this one had. */
  session: v.optional(v.object({ id: sessionId, clock: count })),
  /** Records of which the guest does not know whether its last write was done. */
  doubtful: v.pipe(v.array(record), v.maxLength(1024)),
});

/** Asks who is there, in whatever version. */
const inspect = v.object({ type: v.literal('inspect') });

const restore = v.object({ type: v.literal('restore'), shown: v.array(shown) });

const call = v.object({
  type: v.literal('call'),
  id: count,
  /** `tasks.update` */
  method: text(100),
  namespace: v.optional(name),
  args: v.array(v.unknown()),
  /** The last showing that had arrived when this was sent. */
  seen: count,
  /** A repetition. It was done if its session wrote its record above this clock. */
  after: v.optional(clock),
  /** What its user had been shown of its record when they called, where more has arrived since. */
  known: v.optional(shown),
});

/** Waits for a stage: of the segment of a record, or of everything. */
const stage = v.object({
  type: v.literal('stage'),
  id: count,
  stage: v.picklist(['acked', 'synced']),
  record: v.optional(record),
});

const watch = v.object({
  type: v.literal('watch'),
  id: count,
  method: text(100),
  namespace: v.optional(name),
  args: v.array(v.unknown()),
  /** It watched before: what changed since this holder opened is told. */
  again: v.boolean(),
});

const unwatch = v.object({ type: v.literal('unwatch'), id: count });
const seen = v.object({ type: v.literal('seen'), seen: count });
const offline = v.object({ type: v.literal('offline'), offline: v.boolean() });

const guestMessage = v.variant('type', [
  hello,
  inspect,
  restore,
  call,
  stage,
  watch,
  unwatch,
  seen,
  offline,
]);

const status = v.looseObject({
  mesh: v.string(),
  replica: v.string(),
  transports: v.array(v.looseObject({})),
});

const failure = {
  code: text(64),
  message: v.string(),
  retryable: v.boolean(),
};

const welcome = v.object({
  type: v.literal('welcome'),
  pid: count,
  agent: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  session: sessionId,
  relay: v.optional(v.string()),
  /** Of each part of a mesh that has namespaces, the one it begins in. */
  namespaces: v.record(v.string(), name),
  status,
});

const report = v.object({
  type: v.literal('report'),
  protocol: count,
  version: v.string(),
  pid: count,
  mesh: v.string(),
  guests: count,
  /** ISO 8601. */
  since: v.string(),
});

const refused = v.object({ type: v.literal('refused'), ...failure });
const answer = v.object({ type: v.literal('answer'), id: count, value: v.optional(v.unknown()) });
const failed = v.object({ type: v.literal('failed'), id: count, ...failure });
const showing = v.object({
  type: v.literal('shown'),
  number: count,
  ...shown.entries,
});
const statusNews = v.object({ type: v.literal('status'), status });
const news = v.object({ type: v.literal('news'), watch: count, value: v.unknown() });
const leaving = v.object({ type: v.literal('leaving') });

const holderMessage = v.variant('type', [
  welcome,
  report,
  refused,
  answer,
  failed,
  showing,
  statusNews,
  news,
  leaving,
]);

export type GuestMessage = v.InferOutput<typeof guestMessage>;
export type HolderMessage = v.InferOutput<typeof holderMessage>;
export type HelloMessage = v.InferOutput<typeof hello>;
export type CallMessage = v.InferOutput<typeof call>;
export type StageMessage = v.InferOutput<typeof stage>;
export type WatchMessage = v.InferOutput<typeof watch>;
export type WelcomeMessage = v.InferOutput<typeof welcome>;
/** Who holds a replica, as it says itself. */
export type HolderReport = Omit<v.InferOutput<typeof report>, 'type'>;

/** @throws MnemeshError `bad_frame` */
export function parseGuestMessage(json: unknown): GuestMessage {
  return parsed(guestMessage, json, 'A guest');
}

/** @throws MnemeshError `bad_frame` */
export function parseHolderMessage(json: unknown): HolderMessage {
  return parsed(holderMessage, json, 'The holder');
}

function parsed<S extends v.GenericSchema>(schema: S, json: unknown, who: string) {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output as v.InferOutput<S>;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? 'the message';
  throw new MnemeshError('bad_frame', `${who} sent a message in which ${field} is not right.`);
}

/** An error as it travels. One that is none of ours is a defect, and keeps its message. */
export function errorParts(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
} {
  if (error instanceof MnemeshError) {
    const { code, message, retryable } = error;
    return { code, message, retryable };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, retryable: false };
}

export function errorOf({
  code,
  message,
  retryable,
}: {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}): Error {
  if (code === 'internal') return new Error(message);
  return new MnemeshError(code as ErrorCode, message, { retryable });
}

/** Whoever holds a replica, for people. A tab has no number of a process, and says 0. */
export function holderNamed(pid: number): string {
  return pid === 0 ? 'Another tab' : `Process ${pid}`;
}

/** What the schema of a status leaves open is the holder's own view, of this very version. */
export function statusOf(message: { readonly status: v.InferOutput<typeof status> }): MeshStatus {
  return message.status as unknown as MeshStatus;
}

export function agentOf({ agent }: WelcomeMessage): AgentId {
  return agent as AgentId;
}

export function sessionOfGuest({ session }: WelcomeMessage): SessionId {
  return session as SessionId;
}

/**
 * Refuses what JSON cannot say, as the mesh itself would, before it is turned into something else.
 * @throws MnemeshError `bad_input`
 */
export function checkJson(value: unknown, path: string): asserts value is Json | undefined {
  if (value === undefined || value === null) return;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      break;
    case 'object':
      if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) checkJson(item, `${path}.${i}`);
        return;
      }
      if (isPlainObject(value)) {
        for (const [key, item] of Object.entries(value)) checkJson(item, `${path}.${key}`);
        return;
      }
  }
  throw new MnemeshError('bad_input', `"${path}" is not right: JSON cannot say it.`);
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
