import type { AgentIdentity, Replica } from '@mnemesh/core';
import { type Cancel, MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { OpenChannel } from './channel.js';
import { Guest, type GuestHost } from './guest.js';
import { GuestSession } from './guest-session.js';
import { type HolderLimits, holderLimits } from './holder-limits.js';
import { type HelloMessage, HOLDER_PROTOCOL, type HolderReport } from './messages.js';
import { type RecentChange, RecentChanges } from './recent-changes.js';
import { StandIn } from './stand-in.js';

export interface HolderOptions {
  /** Open, and held by this process until the holder is closed. */
  readonly replica: Replica;
  /** Number of the process that holds it; 0 where there is none, as for a tab. */
  readonly pid: number;
  /** The agent of this name, with its key: guests name theirs, and keys stay where they are. */
  agentNamed(name: string): Promise<AgentIdentity>;
  readonly runtime: Runtime;
  /** The relay that the replica is linked to, for guests whose settings name another. */
  readonly relay?: string | undefined;
  /** Of the program, for people. */
  readonly version?: string;
  readonly limits?: Partial<HolderLimits>;
  /** Called with how many guests there are, whenever that changed. */
  readonly onGuests?: (guests: number) => void;
}

/**
 * Lets guests use an open replica, each over a channel and through a session of its own. How they find
 * each other is for the platform: a socket between processes, a channel between tabs.
 */
export class Holder {
  readonly #options: HolderOptions;
  readonly #limits: HolderLimits;
  readonly #guests = new Set<Guest>();
  readonly #sessions = new Map<string, { readonly guest: Guest; readonly session: GuestSession }>();
  readonly #recent: RecentChanges;
  readonly #since: string;
  #closing: Promise<void> | undefined;

  constructor(options: HolderOptions) {
    this.#options = options;
    this.#limits = { ...holderLimits, ...options.limits };
    this.#recent = new RecentChanges(options.replica, this.#limits.recentChanges);
    this.#since = new Date(options.runtime.now()).toISOString();
  }

  /** Guests that have a session. */
  get guests(): number {
    return [...this.#guests].filter(({ session }) => session !== undefined).length;
  }

  /** For somebody of this agent who is gone. @throws what loading the agent does */
  async standIn(agentName: string): Promise<StandIn> {
    const { replica, agentNamed } = this.#options;
    const agent = await agentNamed(agentName);
    const settled = (session: string): Promise<void> => this.#settled(session);
    return new StandIn({ replica, agent, limits: this.#limits, settled });
  }

  /** Its guest is let go; what it began is done. */
  async #settled(session: string): Promise<void> {
    const known = this.#sessions.get(session);
    known?.guest.drop();
    if (known !== undefined && !(await this.#drained(known.session.settled())))
      throw stillWorking();
  }

  /** Answers what guests have asked, as long as a bound lets it, and sends them away; they find the next holder. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const guests = [...this.#guests];
    const isDrained = await this.#drained(Promise.all(guests.map((guest) => guest.leave())));
    // Not before: each is told what the others wrote last.
    for (const guest of guests) {
      if (isDrained) guest.end();
      else guest.drop();
    }
    this.#recent.close();
  }

  /** Waits for what was begun, within bounds. @returns whether it is done */
  async #drained(work: Promise<unknown>): Promise<boolean> {
    let cancel: Cancel = noted;
    const late = new Promise<boolean>((resolve) => {
      cancel = this.#options.runtime.after(this.#limits.drainMs, () => resolve(false));
    });
    try {
      return await Promise.race([work.then(() => true), late]);
    } finally {
      cancel();
    }
  }

  /** Lets somebody in who may become a guest. @returns false, and opens nothing, when there is no room or it closes */
  accept(open: OpenChannel): boolean {
    if (this.#closing !== undefined || this.#guests.size >= 2 * this.#limits.guests) return false;
    this.#guests.add(new Guest(open, this.#host()));
    return true;
  }

  #host(): GuestHost {
    const { replica, runtime, relay, pid, agentNamed } = this.#options;
    return {
      replica,
      runtime,
      relay,
      pid,
      limits: this.#limits,
      recent: this.#recent,
      report: () => this.#report(),
      agentNamed,
      admits: () => this.guests < this.#limits.guests,
      sessionFor: (hello, agent, guest) => this.#sessionFor(hello, agent, guest),
      came: () => this.#countGuests(),
      tellAgain: (change) => this.#tellAgain(change),
      left: (guest) => this.#left(guest),
    };
  }

  #report(): HolderReport {
    return {
      protocol: HOLDER_PROTOCOL,
      version: this.#options.version ?? 'unknown',
      pid: this.#options.pid,
      mesh: this.#options.replica.mesh,
      guests: this.guests,
      since: this.#since,
    };
  }

  /** Two channels with one session would let its clock run twice: the later one takes its place, when all it began is done. */
  async #sessionFor(
    { session: resumed, doubtful }: HelloMessage,
    agent: AgentIdentity,
    guest: Guest,
  ): Promise<GuestSession> {
    const before = resumed === undefined ? undefined : this.#sessions.get(resumed.id);
    if (before !== undefined && before.session.agent.id !== agent.id)
      throw new MnemeshError('not_permitted', "This session is another agent's.");
    if (resumed !== undefined) await this.#settled(resumed.id);
    const session = new GuestSession({
      replica: this.#options.replica,
      agent,
      limits: this.#limits,
      resumed,
      tell: (showing) => guest.show(showing),
    });
    this.#sessions.set(session.id, { guest, session });
    try {
      await session.resume(doubtful);
      return session;
    } catch (error) {
      session.leave();
      this.#forget(guest, session);
      throw error;
    }
  }

  #forget(guest: Guest, { id }: GuestSession): void {
    if (this.#sessions.get(id)?.guest === guest) this.#sessions.delete(id);
  }

  #tellAgain(change: RecentChange): void {
    for (const { session } of this.#guests) {
      session?.tellAgain(change).catch((error: unknown) => {
        this.#options.runtime.log('warn', 'a change was not told again', { error: String(error) });
      });
    }
  }

  #left(guest: Guest): void {
    this.#guests.delete(guest);
    this.#countGuests();
    const { session } = guest;
    if (session === undefined) return;
    session.settled().then(() => this.#forget(guest, session), noted);
  }

  #countGuests(): void {
    this.#options.onGuests?.(this.guests);
  }
}

function stillWorking(): MnemeshError {
  return new MnemeshError(
    'overloaded',
    'What this session began before is still under way. Try again in a while.',
    { retryable: true },
  );
}

function noted(): void {}
