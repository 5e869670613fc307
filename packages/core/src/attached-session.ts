import {
  type Clock,
  type Context,
  homeSegment,
  type Namespace,
  proseRecord,
  type RecordId,
  type SessionId,
} from '@mnemesh/protocol';
import { RecordSessions } from './collections/record-sessions.js';
import { type ContestedPart, contestedParts } from './contested-parts.js';
import type { SegmentPlace } from './documents/segment-place.js';
import type { AgentIdentity } from './identity.js';
import type { Mesh } from './mesh.js';
import { meshOf } from './open-replica.js';
import type { Presence } from './presence/presence.js';
import type { Replica } from './replica/replica.js';
import { Session, type ShownContext } from './session.js';
import type { TaskNotices } from './tasks/task-notices.js';

/** What a session was shown of one record, and the how-manieth showing that was. */
export interface Showing {
  readonly number: number;
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly context: ShownContext;
}

/** What a session had been shown of one record at some moment. */
export type KnownRecord = Pick<Showing, 'namespace' | 'id' | 'context'>;

/** Where a session goes on that another process of this device held before. */
export interface ResumedSession {
  readonly id: SessionId;
  /** The highest clock its user knows of. */
  readonly clock: Clock;
}

/**
 * Showings on their way to their user. One that falls out never counts: at worst a conflict is shown
 * that need not be.
 */
const SHOWINGS_UNDER_WAY = 10_000;

/**
 * A session whose user sits in another process. What is sent to the user is shown only when it has
 * arrived: until then the user writes without having seen it, and so both values must stand.
 */
export class AttachedSession {
  /** For calls that only read: what they give counts as shown once it `arrived`. */
  readonly reads: Mesh;
  /** For calls that write what nobody else has written: what such a call gives counts at once. */
  readonly writes: Mesh;
  readonly #replica: Replica;
  readonly #session: TellingSession;
  readonly #presence: Presence;
  readonly #notices: TaskNotices;
  readonly #underWay: Showing[] = [];
  readonly #tell: (showing: Showing) => void;
  #showings = 0;

  /**
   * @param tell called for everything the session is shown; its user keeps that, to bring it along when this process is gone
   * @param now milliseconds since the epoch, as of which it writes; absent: the replica's
   */
  constructor(
    replica: Replica,
    agent: AgentIdentity,
    tell: (showing: Showing) => void,
    resumed?: ResumedSession,
    now?: () => number,
  ) {
    this.#replica = replica;
    this.#tell = tell;
    const [fresh, writer, , replicaNow] = replica.sessions.parts(agent);
    this.#session = new TellingSession(
      [resumed?.id ?? fresh, writer, agent, now ?? replicaNow],
      resumed?.clock ?? 0,
      (namespace, id, context) => this.#tell(this.#showing(namespace, id, context)),
    );
    this.#presence = replica.presence.join(this.#session);
    this.#notices = replica.tasks.begin(this.#session.id);
    this.writes = meshOf(replica, this.#session, this.#presence);
    this.reads = meshOf(
      replica,
      new ReadingSession(this.#session, (...shown) => this.#send(...shown)),
      this.#presence,
    );
  }

  /**
   * For one call that writes where agents may contradict each other: what it reads itself counts within it, and
   * what it gives for later ones, once that `arrived`. Two calls that a user made at once must not know of each
   * other's answers.
   * @param known all that its user had been shown of one record when they called
   */
  contested<Part extends ContestedPart>(part: Part, known?: KnownRecord): Mesh[Part] {
    const session = new CallSession(this.#session, known, (...shown) => this.#send(...shown));
    return contestedParts[part](this.#replica, session);
  }

  get id(): SessionId {
    return this.#session.id;
  }

  /** The user has had everything up to this showing. */
  arrived(number: number): void {
    let count = 0;
    for (const showing of this.#underWay) {
      if (showing.number > number) break;
      this.#session.keep(showing.namespace, showing.id, showing.context);
      count++;
    }
    this.#underWay.splice(0, count);
  }

  /** The user was shown this before, by a process that is gone. */
  restore(namespace: Namespace, id: RecordId, context: ShownContext): void {
    this.#session.keep(namespace, id, context);
  }

  /** The session goes on here that another process held before. */
  async resume(): Promise<void> {
    await new RecordSessions(this.#replica, this.#session).resume();
    await this.#replica.tasks.resume(this.id);
  }

  /** Its user is gone, and nobody need believe that it is there. */
  leave(): Promise<void> {
    this.#replica.tasks.left(this.id, this.#notices);
    return this.#presence.leave();
  }

  /** The highest clock at which this session is known to have written a record. From here on it ticks above it. */
  async lastWrite(namespace: Namespace, id: RecordId): Promise<Clock | undefined> {
    const clock = await this.#replica.lastWrite(this.id, namespace, id);
    if (clock !== undefined) this.#session.witness(clock);
    return clock;
  }

  /** Resolves when the relay durably holds the segment of this record as it is now; of a text, that of its document too. */
  async acked(namespace: Namespace, id: RecordId): Promise<void> {
    const { segments } = this.#replica;
    await Promise.all(
      this.#places(namespace, id).map(async (place) =>
        this.#replica.acked(place, await segments.stateOf(place)),
      ),
    );
  }

  /** Resolves when some other end holds the same of the segment of this record; likewise. */
  async synced(namespace: Namespace, id: RecordId): Promise<void> {
    await Promise.all(this.#places(namespace, id).map((place) => this.#replica.synced(place)));
  }

  #places(namespace: Namespace, id: RecordId): readonly SegmentPlace[] {
    const { segments } = this.#replica;
    const home = segments.place(namespace, homeSegment(id));
    const document = proseRecord(home.segment);
    if (document === undefined) return [home];
    const record = segments.place(namespace, homeSegment(document));
    return segments.isOver(home) ? [record] : [home, record];
  }

  /** It counts when it has arrived. */
  #send(namespace: Namespace, id: RecordId, context: ShownContext): void {
    const showing = this.#showing(namespace, id, context);
    this.#underWay.push(showing);
    if (this.#underWay.length > SHOWINGS_UNDER_WAY) this.#underWay.shift();
    this.#tell(showing);
  }

  #showing(namespace: Namespace, id: RecordId, context: ShownContext): Showing {
    this.#showings += 1;
    return { number: this.#showings, namespace, id, context };
  }
}

type Tell = (namespace: Namespace, id: RecordId, context: ShownContext) => void;

/** Tells what it is shown, and knows it at once. */
class TellingSession extends Session {
  readonly #tell: Tell;

  constructor(
    [id, writer, agent, now]: ConstructorParameters<typeof Session>,
    after: Clock,
    tell: Tell,
  ) {
    super(id, writer, agent, now, after);
    this.#tell = tell;
  }

  override show(namespace: Namespace, id: RecordId, context: ShownContext): void {
    const isNews = !this.knows(namespace, id, context);
    super.show(namespace, id, context);
    if (isNews) this.#tell(namespace, id, context);
  }

  keep(namespace: Namespace, id: RecordId, context: ShownContext): void {
    super.show(namespace, id, context);
  }
}

/** The same session for calls that read: what they are shown is only told. */
class ReadingSession extends Session {
  readonly #session: Session;
  readonly #tell: Tell;

  constructor(session: Session, tell: Tell) {
    super(session.id, session.writer, session.agent, () => 0, 0, session.texts);
    this.#session = session;
    this.#tell = tell;
  }

  override tick(): Clock {
    return this.#session.tick();
  }

  override show(namespace: Namespace, id: RecordId, context: ShownContext): void {
    if (!this.#session.knows(namespace, id, context)) this.#tell(namespace, id, context);
  }

  override witness(clock: Clock): void {
    this.#session.witness(clock);
  }

  override wrote(namespace: Namespace, id: RecordId, field: string, clock: Clock): void {
    this.#session.wrote(namespace, id, field, clock);
  }

  override ownContext(namespace: Namespace, id: RecordId, field: string): Context {
    return this.#session.ownContext(namespace, id, field);
  }

  override contextOf(namespace: Namespace, id: RecordId, field: string): Context {
    return this.#session.contextOf(namespace, id, field);
  }

  override knows(namespace: Namespace, id: RecordId, context: ShownContext): boolean {
    return this.#session.knows(namespace, id, context);
  }
}

/** The same session for one call that writes. */
class CallSession extends ReadingSession {
  readonly #known: KnownRecord | undefined;
  /** What the call itself was shown. */
  readonly #own: Session;

  constructor(session: Session, known: KnownRecord | undefined, tell: Tell) {
    super(session, tell);
    this.#known = known;
    this.#own = new Session(session.id, session.writer, session.agent, () => 0);
  }

  override show(namespace: Namespace, id: RecordId, context: ShownContext): void {
    if (this.#own.knows(namespace, id, context)) return;
    this.#own.show(namespace, id, context);
    // What the call writes is later than what it read.
    for (const clocks of Object.values(context))
      for (const clock of Object.values(clocks)) this.witness(clock);
    super.show(namespace, id, context);
  }

  override contextOf(namespace: Namespace, id: RecordId, field: string): Context {
    const merged = new Map(this.#before(namespace, id, field));
    for (const [session, clock] of this.#own.contextOf(namespace, id, field))
      merged.set(session, Math.max(clock, merged.get(session) ?? 0));
    return merged;
  }

  /** What its user had been shown when they called. */
  #before(namespace: Namespace, id: RecordId, field: string): Context {
    const known = this.#known;
    if (known === undefined || known.namespace !== namespace || known.id !== id)
      return super.contextOf(namespace, id, field);
    const entries = Object.entries(known.context[field] ?? {}) as [SessionId, Clock][];
    return new Map([...entries, ...this.ownContext(namespace, id, field)]);
  }
}
