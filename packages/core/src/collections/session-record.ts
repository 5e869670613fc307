import type { AgentId, RecordId, SessionId } from '@mnemesh/protocol';
import * as v from 'valibot';
import type { Write } from '../write.js';
import type { ListQuery, RecordView } from './collection.js';
import { defineCollection } from './schema.js';

const moment = v.pipe(v.string(), v.isoTimestamp());
const title = v.pipe(v.string(), v.minLength(1), v.maxLength(500));
const persona = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

/** What a session writes down of itself, when it does: presence is stored nowhere. */
export const sessionDefinition = defineCollection({
  name: 'session',
  namespace: 'shared/sessions',
  stateField: 'agent',
  fields: {
    agent: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    session: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
    title: v.optional(title),
    persona: v.optional(persona),
    /** By the clock of the session's device. */
    startedAt: moment,
    endedAt: v.optional(moment),
  },
  writeOnce: ['agent', 'session', 'startedAt'],
  searched: ['title', 'persona'],
});

/** @see Sessions.begin */
export const sessionInput = v.strictObject({
  title: v.optional(title),
  persona: v.optional(persona),
});

export interface SessionInput {
  readonly title?: string;
  /** The name of a persona that this session takes on. */
  readonly persona?: string;
}

export interface SessionRecord extends RecordView {
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly title?: string;
  readonly persona?: string;
  readonly startedAt: string;
  /** Absent while it goes on, and for ever when its process was killed: presence tells which. */
  readonly endedAt?: string;
}

export interface SessionQuery extends Pick<ListQuery, 'limit'> {
  /** Only sessions of this agent. */
  readonly agent?: AgentId;
}

/** Sessions that were written down, with what they were for. */
export interface Sessions {
  /**
   * Writes down that this session goes on, and takes on a persona: presence and the events that it adds to
   * conversations name it. Begun again, it goes on under what is given then.
   * @throws MnemeshError `bad_input`, `not_found` for a persona that is not there, and as any write
   */
  begin(input?: SessionInput): Write<SessionRecord>;
  /** Writes down that this session ends, and lets go of its persona. @throws MnemeshError `not_found` when it was not begun */
  end(): Write<SessionRecord>;
  get(id: RecordId): Promise<SessionRecord | undefined>;
  /** Newest first. */
  list(query?: SessionQuery): Promise<readonly SessionRecord[]>;
}
