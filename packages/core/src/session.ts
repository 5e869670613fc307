import type { Clock, Context, Namespace, RecordId, SessionId, WriterId } from '@mnemesh/protocol';
import { HybridClock } from './hybrid-clock.js';
import type { AgentIdentity } from './identity.js';
import { ShownTexts } from './shown-texts.js';

/**
 * Fields of which a session remembers what it was shown. A field that falls out is written as if
 * unseen: at worst a conflict is shown that need not be.
 */
const SHOWN_FIELDS = 200_000;

/** For each field of a record, who wrote the values that stand and all that those had been shown. */
export type ShownContext = Readonly<Record<string, Readonly<Record<string, Clock>>>>;

/** One sitting of one agent. It remembers what it was shown, because only that may be replaced by what it writes. */
export class Session {
  readonly id: SessionId;
  readonly writer: WriterId;
  readonly agent: AgentIdentity;
  /** Texts of items that others' recall or its own reading showed it. */
  readonly texts: ShownTexts;
  readonly #clock: HybridClock;
  readonly #shown = new Map<string, Map<SessionId, Clock>>();

  /** @param after the session goes on from here: it ticks above this clock */
  constructor(
    id: SessionId,
    writer: WriterId,
    agent: AgentIdentity,
    now: () => number,
    after: Clock = 0,
    texts: ShownTexts = new ShownTexts(),
  ) {
    this.id = id;
    this.writer = writer;
    this.agent = agent;
    this.texts = texts;
    this.#clock = new HybridClock(now);
    this.#clock.witness(after);
  }

  tick(): Clock {
    return this.#clock.tick();
  }

  /** What this session writes from now on is later than this, though it was not shown it. */
  witness(clock: Clock): void {
    this.#clock.witness(clock);
  }

  /** The session was shown these values; it may now replace them. */
  show(namespace: Namespace, id: RecordId, context: ShownContext): void {
    for (const [field, entries] of Object.entries(context)) {
      const shown = this.#touch(shownKey(namespace, id, field));
      for (const [session, clock] of Object.entries(entries)) {
        this.#clock.witness(clock);
        if ((shown.get(session as SessionId) ?? -1) < clock) shown.set(session as SessionId, clock);
      }
    }
  }

  /** Was the session shown all of this before? */
  knows(namespace: Namespace, id: RecordId, context: ShownContext): boolean {
    return Object.entries(context).every(([field, entries]) => {
      const shown = this.#shown.get(shownKey(namespace, id, field));
      return Object.entries(entries).every(
        ([session, clock]) => (shown?.get(session as SessionId) ?? -1) >= clock,
      );
    });
  }

  /** This session writes the field at this clock: what it writes next replaces that, awaited or not. */
  wrote(namespace: Namespace, id: RecordId, field: string, clock: Clock): void {
    this.show(namespace, id, { [field]: { [this.id]: clock } });
  }

  /** The clock of this session's own last write of a field. */
  ownContext(namespace: Namespace, id: RecordId, field: string): Context {
    const clock = this.#shown.get(shownKey(namespace, id, field))?.get(this.id);
    return clock === undefined ? new Map() : new Map([[this.id, clock]]);
  }

  /** The causal context of a value that this session writes now. */
  contextOf(namespace: Namespace, id: RecordId, field: string): Context {
    return new Map(this.#shown.get(shownKey(namespace, id, field)));
  }

  #touch(key: string): Map<SessionId, Clock> {
    const known = this.#shown.get(key) ?? new Map<SessionId, Clock>();
    this.#shown.delete(key);
    this.#shown.set(key, known);
    if (this.#shown.size > SHOWN_FIELDS) {
      for (const oldest of this.#shown.keys()) {
        this.#shown.delete(oldest);
        break;
      }
    }
    return known;
  }
}

function shownKey(namespace: Namespace, id: RecordId, field: string): string {
  return `${namespace}\n${id}\n${field}`;
}
