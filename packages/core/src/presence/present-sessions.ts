import {
  type AgentId,
  limits,
  type PresenceEntry,
  type Runtime,
  type SessionId,
} from '@mnemesh/protocol';
import type { Timers } from '../timers.js';
import type { OwnSession, TellingReplica } from './own-session.js';
import type { PresentSession } from './presence.js';
import { presenceLimits } from './presence-limits.js';

/** Names one session among all. */
export type SessionKey = string;

interface HeardSession {
  readonly entry: PresenceEntry;
  /** By this device's clock, which is never compared with another's. */
  readonly heardAt: number;
  readonly forget: () => void;
}

/**
 * Who is there: the sessions of this replica, and those it heard of. A session of which nothing more is heard
 * is forgotten once what was said last is `presenceLastsMs` old, however many passed it on.
 */
export class PresentSessions {
  readonly own = new Map<SessionId, OwnSession>();
  readonly #runtime: Pick<Runtime, 'now'>;
  readonly #timers: Timers;
  readonly #teller: () => TellingReplica;
  readonly #forgotten: (key: SessionKey) => void;
  readonly #others = new Map<SessionKey, HeardSession>();

  /** @param forgotten called when nothing is remembered of a session any more */
  constructor(
    runtime: Pick<Runtime, 'now'>,
    timers: Timers,
    teller: () => TellingReplica,
    forgotten: (key: SessionKey) => void,
  ) {
    this.#runtime = runtime;
    this.#timers = timers;
    this.#teller = teller;
    this.#forgotten = forgotten;
  }

  /** The last beat known of a session. */
  beatOf(key: SessionKey): number | undefined {
    return this.#others.get(key)?.entry.beat;
  }

  /** Everything to be told now: each with its age, those that left lately as well. */
  entries(): readonly PresenceEntry[] {
    const entries = this.#ownEntries();
    for (const heard of this.#others.values()) {
      const ageMs = this.#ageOf(heard);
      if (ageMs < limits.presenceLastsMs) entries.push({ ...heard.entry, ageMs });
    }
    return entries;
  }

  list(): readonly PresentSession[] {
    const now = this.#runtime.now();
    const others = [...this.#others.values()].flatMap((heard) =>
      shown(heard.entry, now, this.#ageOf(heard)),
    );
    const own = this.#ownEntries().flatMap((entry) => shown(entry, now, 0));
    return [...own, ...others].sort(byName);
  }

  /** A session of this replica is there, in place of what was known of one of its id. */
  join(own: OwnSession): void {
    const { agent, id } = own.session;
    const key = keyOf({ agent: agent.id, session: id });
    this.#others.get(key)?.forget();
    this.#others.delete(key);
    this.own.set(id, own);
  }

  /** A session of this replica left: the others are told so for as long as they could believe otherwise. */
  left(entry: PresenceEntry): void {
    this.own.delete(entry.session);
    this.#keep(entry);
  }

  /** Is there anything that will be forgotten of it one day? */
  isKept({ agent, session }: Pick<PresenceEntry, 'agent' | 'session'>): boolean {
    const own = this.own.get(session);
    return own?.session.agent.id === agent || this.#others.has(keyOf({ agent, session }));
  }

  /** Takes in what was heard. @returns whether it is news, `shows` whether the list looks different now */
  take(entry: PresenceEntry): 'old' | 'full' | 'beats' | 'shows' {
    const own = this.own.get(entry.session);
    if (own !== undefined) return this.#hearOwn(own, entry);
    const key = keyOf(entry);
    const known = this.#others.get(key);
    if (entry.ageMs >= limits.presenceLastsMs || entry.beat >= BEATS) return 'old';
    if (known !== undefined && known.entry.beat >= entry.beat) return 'old';
    if (known === undefined && this.#others.size >= presenceLimits.otherSessions) return 'full';
    this.#keep(entry);
    return sameShown(known?.entry, entry) ? 'beats' : 'shows';
  }

  #ownEntries(): PresenceEntry[] {
    const teller = this.#teller();
    return [...this.own.values()].map((own) => own.entry(teller));
  }

  /** What others know of a session of this replica may be of an earlier opening, and in the way of what is true now. */
  #hearOwn(own: OwnSession, entry: PresenceEntry): 'old' | 'beats' {
    const now = own.entry(this.#teller());
    const isEarlier = entry.beat > now.beat || (entry.beat === now.beat && !sameSaid(now, entry));
    if (entry.agent !== now.agent || entry.beat + 1 >= BEATS || !isEarlier) return 'old';
    if (!own.outrun(entry.beat)) return 'old';
    return 'beats';
  }

  #keep(entry: PresenceEntry): void {
    const key = keyOf(entry);
    this.#others.get(key)?.forget();
    const forget = this.#timers.after(limits.presenceLastsMs - entry.ageMs, () => {
      this.#others.delete(key);
      this.#forgotten(key);
    });
    this.#others.set(key, { entry, heardAt: this.#runtime.now(), forget });
  }

  /** A clock that was set back meanwhile makes nothing younger than it was. */
  #ageOf({ entry, heardAt }: HeardSession): number {
    return entry.ageMs + Math.max(0, Math.ceil(this.#runtime.now() - heardAt));
  }
}

/** Beats follow the clock in milliseconds. Nobody who comes back could go on from a higher one than this. */
const BEATS = 2 ** 52;

export function keyOf({
  agent,
  session,
}: {
  readonly agent: AgentId;
  readonly session: SessionId;
}): SessionKey {
  return `${agent} ${session}`;
}

function shown(
  { agent, session, replica, said }: PresenceEntry,
  now: number,
  ageMs: number,
): readonly PresentSession[] {
  if (said === undefined) return [];
  const { name, kind, status, task, persona, standing, sinceMs } = said;
  return [
    {
      agent,
      name,
      kind,
      session,
      replica,
      ...(status === undefined ? {} : { status }),
      ...(task === undefined ? {} : { task: { namespace: task.namespace, id: task.record } }),
      ...(persona === undefined ? {} : { persona }),
      ...(standing === undefined ? {} : { standing }),
      joinedAt: isoOf(now - ageMs - sinceMs),
      seenAt: isoOf(now - ageMs),
    },
  ];
}

/** Ages come from others, and may lie before all dates. */
function isoOf(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString();
}

function sameShown(known: PresenceEntry | undefined, entry: PresenceEntry): boolean {
  const standing = (one: PresenceEntry | undefined): string =>
    JSON.stringify(one?.said?.standing ?? null);
  return sameSaid(known, entry) && standing(known) === standing(entry);
}

/** Do they say the same of the session? How far its replica is changes meanwhile. */
function sameSaid(known: PresenceEntry | undefined, entry: PresenceEntry): boolean {
  const looks = (one: PresenceEntry | undefined): string => {
    if (one?.said === undefined) return '';
    const { sinceMs: _, standing: __, ...said } = one.said;
    return JSON.stringify([one.replica, said]);
  };
  return looks(known) === looks(entry);
}

function byName(a: PresentSession, b: PresentSession): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.session < b.session ? -1 : 1;
}
