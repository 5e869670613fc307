import { ByteReader, checkJson } from './byte-reader.js';
import type { RoomLimits } from './room-limits.js';
import type { PresenceEntry } from './room-messages.js';

/** `null` as JSON: the client has left. */
const GONE = Uint8Array.from(Buffer.from('null'));

interface Present extends PresenceEntry {
  /** Which link told this state first; it goes with the link. Undefined once the client has left. */
  owner: object | undefined;
}

/** The presence states of one room: who is there, by what link, and what changed since they were last sent. */
export class RoomPresence {
  readonly #limits: RoomLimits;
  readonly #states = new Map<number, Present>();
  readonly #changed = new Set<number>();
  /** The client that stands behind a link. */
  readonly #own = new WeakMap<object, number>();
  #bytes = 0;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  get changed(): boolean {
    return this.#changed.size > 0;
  }

  /**
   * Takes in what a link says. Clients repeat the states they are sent, so only what is newer counts.
   * @param own the client cannot have been told anything yet, so it speaks of itself
   * @returns how many states were dropped, because they exceed a limit
   * @throws RangeError for bytes that are no presence message
   */
  receive(link: object, message: Uint8Array, own: boolean): number {
    const input = new ByteReader(message);
    let dropped = 0;
    for (let n = input.count(); n > 0; n--) {
      const client = input.uint();
      const clock = input.uint();
      const state = input.blob();
      if (own && !this.#own.has(link)) this.#own.set(link, client);
      if (this.#isNews(link, client, clock, state) && !this.#take(link, client, clock, state)) {
        dropped++;
      }
    }
    return dropped;
  }

  /** The link is gone, and with it the states it told. */
  leave(link: object): void {
    for (const [client, { owner, clock }] of this.#states) {
      if (owner === link) this.#put({ client, clock, state: GONE, owner: undefined });
    }
  }

  /** Everybody who is here. */
  present(): readonly PresenceEntry[] {
    return [...this.#states.values()].filter(({ owner }) => owner !== undefined);
  }

  takeChanged(): readonly PresenceEntry[] {
    const changed = [...this.#changed].map((client) => this.#states.get(client) as Present);
    this.#changed.clear();
    return changed;
  }

  #isNews(link: object, client: number, clock: number, state: Uint8Array): boolean {
    const known = this.#states.get(client);
    if (known === undefined || known.clock < clock) return true;
    if (known.clock > clock || known.owner === undefined) return false;
    // A client that came back by a new link says the same again; the old link must not take it along.
    if (this.#own.get(link) === client) known.owner = link;
    return isGone(state);
  }

  #take(link: object, client: number, clock: number, state: Uint8Array): boolean {
    const { presenceBytes, presenceStates, roomPresenceBytes } = this.#limits;
    const gone = isGone(state);
    if (!gone) checkJson(state);
    const known = this.#states.get(client);
    if (state.length > presenceBytes) return false;
    if (this.#bytes + state.length - (known?.state.length ?? 0) > roomPresenceBytes) return false;
    if (known === undefined && this.#states.size >= presenceStates && !this.#forgetGone()) {
      return false;
    }
    // A copy, because the message is a view into a larger buffer.
    this.#put({ client, clock, state: state.slice(), owner: gone ? undefined : link });
    return true;
  }

  #put(present: Present): void {
    this.#bytes += present.state.length - (this.#states.get(present.client)?.state.length ?? 0);
    this.#states.set(present.client, present);
    this.#changed.add(present.client);
  }

  /** Those who left are remembered only so that a repeated state does not bring them back. */
  #forgetGone(): boolean {
    for (const [client, { owner, state }] of this.#states) {
      if (owner !== undefined || this.#changed.has(client)) continue;
      this.#bytes -= state.length;
      this.#states.delete(client);
      return true;
    }
    return false;
  }
}

function isGone(state: Uint8Array): boolean {
  return state.length === GONE.length && GONE.every((byte, at) => byte === state[at]);
}
