import {
  decodePresence,
  encodePresence,
  type PresenceEntry,
  type Runtime,
} from '@mnemesh/protocol';
import { keyOf, type PresentSessions, type SessionKey } from './present-sessions.js';

/** One link, as far as presence needs it. */
export interface PresenceLink {
  readonly id: number;
  /** @returns false when the link is so far behind that presence is not worth its bytes; the next sign of life is */
  tell(presence: Uint8Array): boolean;
}

interface Told {
  readonly link: PresenceLink;
  /** The last beat of each session that went over this link, and whether this end sent it. */
  readonly beats: Map<SessionKey, { readonly beat: number; readonly ours: boolean }>;
}

/** Tells every link what its other end has not heard, by that link, of who is there. */
export class PresenceLinks {
  readonly #sessions: PresentSessions;
  readonly #log: Runtime['log'];
  readonly #links = new Map<number, Told>();
  #refused = 0;

  constructor(sessions: PresentSessions, log: Runtime['log']) {
    this.#sessions = sessions;
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.#links.size === 0;
  }

  /** Messages that are none, and sessions beyond what is remembered. */
  get refused(): number {
    return this.#refused;
  }

  /** A link is ready: its other end is told of everybody, and asked. */
  linked(link: PresenceLink): void {
    const told: Told = { link, beats: new Map() };
    this.#links.set(link.id, told);
    this.#tell(told, this.#sessions.entries(), true);
  }

  unlinked({ id }: PresenceLink): void {
    this.#links.delete(id);
  }

  /** Tells what is new since the last time. */
  tell(): void {
    if (this.isEmpty) return;
    const entries = this.#sessions.entries();
    for (const told of this.#links.values()) {
      const news = entries.filter(
        (entry) => (told.beats.get(keyOf(entry))?.beat ?? -1) < entry.beat,
      );
      if (news.length > 0) this.#tell(told, news, false);
    }
  }

  /** @returns what came of it: whether there is something to tell, and whether the list looks different */
  heard(
    { id }: PresenceLink,
    presence: Uint8Array,
  ): { readonly isNews: boolean; readonly shows: boolean } {
    const outcome = { isNews: false, shows: false };
    const message = this.#decode(presence);
    if (message === undefined) return outcome;
    const told = this.#links.get(id);
    for (const entry of message.sessions) {
      const taken = this.#sessions.take(entry);
      if (taken === 'full') {
        this.#refused++;
        continue;
      }
      // Of what is not kept nobody would ever say that it can be forgotten.
      if (told !== undefined && this.#sessions.isKept(entry)) heardBy(told, entry);
      outcome.isNews ||= taken !== 'old';
      outcome.shows ||= taken === 'shows';
    }
    if (message.asks && told !== undefined) {
      // Whoever else hears the answer has it already; what came by this link its other end can ask for itself.
      for (const [key, { ours }] of told.beats) if (ours) told.beats.delete(key);
      outcome.isNews = true;
    }
    return outcome;
  }

  forget(key: SessionKey): void {
    for (const { beats } of this.#links.values()) beats.delete(key);
  }

  #decode(presence: Uint8Array): ReturnType<typeof decodePresence> {
    try {
      return decodePresence(presence);
    } catch (error) {
      this.#refused++;
      this.#log('debug', 'a presence message is none, and is passed over', {
        error: String(error),
      });
      return undefined;
    }
  }

  #tell({ link, beats }: Told, entries: readonly PresenceEntry[], asks: boolean): void {
    for (const message of encodePresence({ asks, sessions: entries }))
      if (!link.tell(message)) return;
    for (const entry of entries) beats.set(keyOf(entry), { beat: entry.beat, ours: true });
  }
}

function heardBy({ beats }: Told, entry: PresenceEntry): void {
  const key = keyOf(entry);
  const { beat } = entry;
  if ((beats.get(key)?.beat ?? -1) < beat) beats.set(key, { beat, ours: false });
}
