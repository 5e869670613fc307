import { type Runtime, randomFraction } from '@mnemesh/protocol';
import type { Session } from '../session.js';
import { closedError } from '../sync/sync-engine.js';
import { Timers } from '../timers.js';
import { OwnSession, type TellingReplica, tooManySessions } from './own-session.js';
import type { Presence, PresenceInput, PresentSession, PresentTask } from './presence.js';
import { presenceLimits } from './presence-limits.js';
import { type PresenceLink, PresenceLinks } from './presence-links.js';
import { keyOf, PresentSessions } from './present-sessions.js';

type Listener = (sessions: readonly PresentSession[]) => void;

/** Presence at one replica: tells of its own sessions, passes on what it hears of others, stores nothing. */
export class ReplicaPresence {
  readonly #runtime: Runtime;
  readonly #timers: Timers;
  readonly #teller: () => TellingReplica;
  readonly #sessions: PresentSessions;
  readonly #links: PresenceLinks;
  readonly #listeners = new Set<Listener>();
  #telling = false;
  #showing = false;
  #beating = false;
  #closed = false;

  constructor(runtime: Runtime, teller: () => TellingReplica) {
    this.#runtime = runtime;
    this.#timers = new Timers(runtime);
    this.#teller = teller;
    this.#sessions = new PresentSessions(runtime, this.#timers, teller, (key) => {
      this.#links.forget(key);
      this.#show();
    });
    this.#links = new PresenceLinks(this.#sessions, runtime.log);
  }

  /** What was refused of what others told: bad messages, and sessions beyond the limit. */
  get refused(): number {
    return this.#links.refused;
  }

  /** This session is there from now on, as the session of its id that was opened last. */
  join(session: Session): SessionPresence {
    const presence = new SessionPresence(this, session);
    if (this.#sessions.own.size < presenceLimits.ownSessions) this.#add(presence.session);
    return presence;
  }

  /** @throws MnemeshError `bad_input`, `overloaded`, `closed` */
  set(session: Session, said: PresenceInput): void {
    if (this.#closed) throw closedError();
    const own = this.#own(session) ?? new OwnSession(session, this.#runtime, this.#beatOf(session));
    own.say(said);
    if (
      !this.#sessions.own.has(session.id) &&
      this.#sessions.own.size >= presenceLimits.ownSessions
    )
      throw tooManySessions(presenceLimits.ownSessions);
    this.#put(own);
  }

  leave(session: Session): void {
    const own = this.#own(session);
    if (own === undefined) return;
    this.#sessions.left(own.farewell(this.#teller()));
    this.#changed();
  }

  personaOf(session: Session): string | undefined {
    return this.#sessions.own.get(session.id)?.persona;
  }

  /** This session holds a task now, or does no longer. */
  holds(session: Session, task: PresentTask, isHeld: boolean): void {
    const own = this.#sessions.own.get(session.id);
    if (own === undefined) return;
    if (isHeld) own.claimed(task);
    else if (!own.let(task)) return;
    this.#changed();
  }

  list(): readonly PresentSession[] {
    return this.#sessions.list();
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  linked(link: PresenceLink): void {
    if (!this.#closed) this.#links.linked(link);
  }

  unlinked(link: PresenceLink): void {
    this.#links.unlinked(link);
  }

  heard(link: PresenceLink, presence: Uint8Array): void {
    if (this.#closed) return;
    const { isNews, shows } = this.#links.heard(link, presence);
    if (isNews) this.#tellSoon();
    if (shows) this.#show();
  }

  /** Tells at once that the sessions of this replica leave, while there are links to tell. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const own of [...this.#sessions.own.values()])
      this.#sessions.left(own.farewell(this.#teller()));
    this.#links.tell();
    this.#timers.end();
    this.#listeners.clear();
  }

  #own(session: Session): OwnSession | undefined {
    const own = this.#sessions.own.get(session.id);
    return own?.session === session ? own : undefined;
  }

  #add(session: Session): void {
    this.#put(new OwnSession(session, this.#runtime, this.#beatOf(session)));
  }

  #put(own: OwnSession): void {
    this.#sessions.join(own);
    this.#beatLater();
    this.#changed();
  }

  #beatOf({ agent, id }: Session): number | undefined {
    return this.#sessions.beatOf(keyOf({ agent: agent.id, session: id }));
  }

  #changed(): void {
    this.#tellSoon();
    this.#show();
  }

  /** Not for everybody at the same time: what one passes on, the others need not. */
  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    const delay = presenceLimits.tellDelayMs * (1 + randomFraction(this.#runtime));
    this.#timers.after(delay, () => {
      this.#telling = false;
      this.#links.tell();
    });
  }

  #beatLater(): void {
    if (this.#beating) return;
    this.#beating = true;
    this.#timers.after(presenceLimits.beatMs, () => {
      this.#beating = false;
      if (this.#sessions.own.size === 0) return;
      for (const own of this.#sessions.own.values()) own.beat();
      this.#links.tell();
      this.#beatLater();
    });
  }

  #show(): void {
    if (this.#showing || this.#listeners.size === 0) return;
    this.#showing = true;
    this.#timers.after(0, () => {
      this.#showing = false;
      const sessions = this.list();
      for (const listener of this.#listeners) listener(sessions);
    });
  }
}

/** Presence as one session tells and sees it. */
export class SessionPresence implements Presence {
  readonly session: Session;
  readonly #presence: ReplicaPresence;

  constructor(presence: ReplicaPresence, session: Session) {
    this.#presence = presence;
    this.session = session;
  }

  async set(said: PresenceInput): Promise<void> {
    this.#presence.set(this.session, said);
  }

  async leave(): Promise<void> {
    this.#presence.leave(this.session);
  }

  async list(): Promise<readonly PresentSession[]> {
    return this.#presence.list();
  }

  watch(listener: Listener): () => void {
    return this.#presence.watch(listener);
  }
}
