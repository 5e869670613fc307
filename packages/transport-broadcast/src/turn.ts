import type { OpenChannel } from '@mnemesh/holder';
import type { Runtime } from '@mnemesh/protocol';
import type { Gate } from './gate.js';
import { TabChannel } from './tab-channel.js';
import type { TabLimits } from './tab-limits.js';

/** What a tab that leads has open. */
export interface Leading {
  /** Lets a guest in. @returns false, and opens nothing, when there is no room */
  accept(open: OpenChannel): boolean;
  /** Gives it up; guests find the next leader. Idempotent. */
  close(): Promise<void>;
}

export interface TurnParts {
  readonly locks: LockManager;
  /** Of the lock that says who leads. */
  readonly name: string;
  /** This page, as the browser's locks name it. */
  readonly page: string;
  readonly runtime: Runtime;
  readonly limits: TabLimits;
  /** Opens the replica. Rejects with `store_in_use` when another tab was faster. */
  readonly lead: (gate: Gate) => Promise<Leading>;
}

/** The time in which one tab leads: from when it gets the lock until it lets go, or loses it. */
export class Turn implements Gate {
  /** Rejects with what opening did. */
  readonly leading: Promise<Leading>;
  /** Resolves when the lock is to be let go. */
  readonly ended: Promise<void>;
  readonly #parts: TurnParts;
  readonly #channels = new Set<{ destroy(): void }>();
  #end: () => void = () => undefined;
  #isOver = false;
  #certainUntil: number;
  #closing: Promise<void> | undefined;

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#certainUntil = parts.runtime.now() + parts.limits.certainMs;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.leading = parts.lead(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It takes no guests any more. */
  get isLeaving(): boolean {
    return this.#closing !== undefined;
  }

  get isCertain(): boolean {
    return !this.#isOver && this.#parts.runtime.now() < this.#certainUntil;
  }

  /**
   * Does this page lead still? Whoever was stopped and goes on is asked things before it is told that it lost the lock.
   * @returns false when it does not
   */
  async check(): Promise<boolean> {
    const asked = this.#parts.runtime.now();
    const { locks, name, page, limits } = this.#parts;
    if (this.#isOver || (await leaderOf(locks, name)) !== page) return false;
    this.#certainUntil = asked + limits.certainMs;
    return !this.#isOver;
  }

  /** A guest that knocked, on a channel of its own. */
  async admit(channelName: string): Promise<void> {
    const { locks, runtime, limits, page } = this.#parts;
    // Whoever knocks now is let in by the next.
    if (this.isLeaving || !(await this.check())) return;
    const wire = new BroadcastChannel(channelName);
    const gone = new AbortController();
    const channel = new TabChannel({
      wire,
      limits,
      runtime,
      gate: this,
      onEnd: () => {
        gone.abort();
        this.#channels.delete(channel);
      },
    });
    this.#channels.add(channel);
    wire.postMessage({ type: 'open', leader: page });
    // The guest has this lock for as long as its page lives.
    locks.request(channelName, { signal: gone.signal }, () => channel.destroy()).catch(noted);
    try {
      if (!(await this.leading).accept(channel.open)) channel.destroy();
    } catch {
      channel.destroy();
    }
  }

  /** A channel of this page to itself, which ends with the turn at the latest. */
  keep(channel: { destroy(): void }): void {
    this.#channels.add(channel);
    if (this.#isOver) channel.destroy();
  }

  /** Answers what guests have asked, then gives up what is open, and the lock after it. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Lets go at once: what is under way is asked of the next leader. */
  drop(): Promise<void> {
    this.#over();
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await (await this.leading).close();
    } catch (error) {
      this.#parts.runtime.log('info', 'a replica was not closed in order', {
        error: String(error),
      });
    } finally {
      this.#over();
    }
  }

  #over(): void {
    this.#isOver = true;
    this.#end();
    for (const channel of [...this.#channels]) channel.destroy();
  }
}

/** The page that has a lock, as the browser names it. */
export async function leaderOf(locks: LockManager, name: string): Promise<string | undefined> {
  const { held = [] } = await locks.query();
  return held.find((lock) => lock.name === name)?.clientId;
}

/** The guest's page is alive, or nobody listens any more. */
function noted(): void {}
