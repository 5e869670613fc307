import {
  limits,
  MnemeshError,
  type PresenceEntry,
  parseNamespace,
  parseRecordId,
  type ReplicaId,
  type Runtime,
} from '@mnemesh/protocol';
import { encodeUtf8 } from 'lib0/string';
import * as v from 'valibot';
import { parse } from '../collections/schema.js';
import type { Session } from '../session.js';
import type { PresenceInput, PresentTask, Standing } from './presence.js';
import { presenceLimits } from './presence-limits.js';

const words = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.check(
    (text) => encodeUtf8(text).length <= limits.presenceTextBytes,
    `it is longer than ${limits.presenceTextBytes} bytes`,
  ),
);
const input = v.strictObject({
  status: v.optional(v.nullable(words)),
  task: v.optional(v.nullable(v.strictObject({ namespace: v.string(), id: v.string() }))),
  persona: v.optional(v.nullable(words)),
});

/** What a replica tells of itself with each of its sessions. */
export interface TellingReplica {
  readonly replica: ReplicaId;
  readonly standing: Standing | undefined;
}

/** One session of this replica, as it is told of. */
export class OwnSession {
  readonly session: Session;
  readonly #runtime: Pick<Runtime, 'now'>;
  readonly #joinedAt: number;
  /** Tasks that it claimed and has not ended or released, the last one last. */
  readonly #claimed = new Map<string, PresentTask>();
  #said: PresenceInput = {};
  #beat: number;
  /** The latest beat that others know of it. */
  #known = 0;
  #outranAt = Number.NEGATIVE_INFINITY;

  /** @param after beats that others may know of an earlier opening of this session */
  constructor(session: Session, runtime: Pick<Runtime, 'now'>, after: number | undefined) {
    this.session = session;
    this.#runtime = runtime;
    this.#joinedAt = runtime.now();
    this.#beat = after ?? 0;
    this.beat();
  }

  get persona(): string | undefined {
    return this.#said.persona ?? undefined;
  }

  /** Follows this device's clock, so that it rises also when another process goes on with the session. */
  beat(): void {
    const after = Math.max(this.#beat, this.#known);
    this.#beat = Math.max(after + 1, Math.floor(this.#runtime.now()));
  }

  /**
   * Others know a later beat, of an earlier opening of this session by a clock that was ahead: the next is later still.
   * @returns false when that was so a moment ago, and the next sign of life will do: two that are open at once must not
   * outrun each other without end
   */
  outrun(beat: number): boolean {
    const now = this.#runtime.now();
    this.#known = Math.max(this.#known, beat);
    if (Math.abs(now - this.#outranAt) < presenceLimits.beatMs) return false;
    this.#outranAt = now;
    this.beat();
    return true;
  }

  /** @throws MnemeshError `bad_input` */
  say(given: PresenceInput): void {
    const { task, ...said } = parse(input, given, 'presence');
    const named = task && { namespace: parseNamespace(task.namespace), id: parseRecordId(task.id) };
    const said_ = Object.fromEntries(
      Object.entries(said).filter(([, value]) => value !== undefined),
    );
    this.#said = { ...this.#said, ...said_, ...(named === undefined ? {} : { task: named }) };
    this.beat();
  }

  claimed(task: PresentTask): void {
    this.#claimed.delete(taskKey(task));
    this.#claimed.set(taskKey(task), task);
    this.beat();
  }

  /** @returns whether it was known to be claimed */
  let(task: PresentTask): boolean {
    if (!this.#claimed.delete(taskKey(task))) return false;
    this.beat();
    return true;
  }

  entry({ replica, standing }: TellingReplica): PresenceEntry {
    const { agent, id } = this.session;
    const { status, persona } = this.#said;
    const task = this.#said.task ?? [...this.#claimed.values()].at(-1);
    return {
      agent: agent.id,
      session: id,
      replica,
      beat: this.#beat,
      ageMs: 0,
      said: {
        name: agent.name,
        kind: agent.kind ?? 'agent',
        status: status ?? undefined,
        task: task && { namespace: task.namespace, record: task.id },
        persona: persona ?? undefined,
        standing,
        sinceMs: Math.max(0, Math.floor(this.#runtime.now() - this.#joinedAt)),
      },
    };
  }

  /** The last that is told of it. */
  farewell(teller: TellingReplica): PresenceEntry {
    this.beat();
    return { ...this.entry(teller), said: undefined };
  }
}

export function tooManySessions(most: number): MnemeshError {
  return new MnemeshError(
    'overloaded',
    `${most} sessions of this replica are told of already. Let some leave first.`,
    { retryable: true },
  );
}

function taskKey({ namespace, id }: PresentTask): string {
  return `${namespace}\n${id}`;
}
