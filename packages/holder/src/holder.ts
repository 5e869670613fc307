import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { AgentIdentity, Replica } from '@mnemesh/core';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import { Guest, type GuestHost } from './guest.js';
import { GuestSession } from './guest-session.js';
import { type HolderLimits, holderLimits } from './holder-limits.js';
import { type HelloMessage, HOLDER_PROTOCOL, type HolderReport } from './messages.js';
import { type RecentChange, RecentChanges } from './recent-changes.js';
import { prepareDirectory, removeStale, type SocketPlace } from './socket-place.js';

export interface HolderOptions {
  /** Open, and held by this process until the holder is closed. */
  readonly replica: Replica;
  readonly place: SocketPlace;
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
 * Lets other processes of this device use an open replica, each through a session of its own. Whoever
 * has the store open may listen; nobody else may, so a socket that is there is a dead holder's.
 */
export class Holder {
  readonly #options: HolderOptions;
  readonly #limits: HolderLimits;
  readonly #server: Server;
  readonly #guests = new Set<Guest>();
  readonly #sessions = new Map<string, { readonly guest: Guest; readonly session: GuestSession }>();
  readonly #recent: RecentChanges;
  readonly #since: string;
  #closing: Promise<void> | undefined;

  private constructor(options: HolderOptions) {
    this.#options = options;
    this.#limits = { ...holderLimits, ...options.limits };
    this.#recent = new RecentChanges(options.replica, this.#limits.recentChanges);
    this.#since = new Date(options.runtime.now()).toISOString();
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @throws MnemeshError `not_permitted`, `store_failed` */
  static async listen(options: HolderOptions): Promise<Holder> {
    const { place } = options;
    prepareDirectory(place);
    removeStale(place);
    const holder = new Holder(options);
    try {
      await listen(holder.#server, place);
    } catch (error) {
      holder.#recent.close();
      throw error;
    }
    return holder;
  }

  /** Guests that have a session. */
  get guests(): number {
    return [...this.#guests].filter(({ session }) => session !== undefined).length;
  }

  /** Answers what guests have asked, and sends them away; they find the next holder. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The path is free before the store is: whoever opens it next listens there.
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const { runtime } = this.#options;
    const guests = [...this.#guests];
    const cancel = runtime.after(this.#limits.drainMs, () => {
      for (const guest of guests) guest.drop();
    });
    await Promise.all(guests.map((guest) => guest.leave()));
    await stopped;
    cancel();
    this.#recent.close();
  }

  #accept(socket: Socket): void {
    // A program that forgets its mesh may end: that guests are here does not keep it alive.
    socket.unref();
    if (this.#closing !== undefined || this.#guests.size >= 2 * this.#limits.guests) {
      socket.destroy();
      return;
    }
    this.#guests.add(new Guest(socket, this.#host()));
  }

  #host(): GuestHost {
    const { replica, runtime, relay, agentNamed } = this.#options;
    return {
      replica,
      runtime,
      relay,
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
      pid: process.pid,
      mesh: this.#options.replica.mesh,
      guests: this.guests,
      since: this.#since,
    };
  }

  /** Two sockets with one session would let its clock run twice: the later one takes its place, when all it began is done. */
  async #sessionFor(
    { session: resumed }: HelloMessage,
    agent: AgentIdentity,
    guest: Guest,
  ): Promise<GuestSession> {
    const before = resumed === undefined ? undefined : this.#sessions.get(resumed.id);
    if (before !== undefined) {
      if (before.session.agent.id !== agent.id) {
        throw new MnemeshError('not_permitted', "This session is another agent's.");
      }
      before.guest.drop();
      await before.session.settled();
    }
    const session = new GuestSession({
      replica: this.#options.replica,
      agent,
      limits: this.#limits,
      resumed,
      tell: (showing) => guest.show(showing),
    });
    this.#sessions.set(session.id, { guest, session });
    return session;
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
    session.settled().then(() => {
      if (this.#sessions.get(session.id)?.guest === guest) this.#sessions.delete(session.id);
    }, noted);
  }

  #countGuests(): void {
    this.#options.onGuests?.(this.guests);
  }
}

function listen(server: Server, { path, directory }: SocketPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new MnemeshError('store_failed', `Cannot listen at ${path}: ${cause.message}.`, { cause }),
      );
    });
    server.listen(path, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      if (directory !== undefined) chmodSync(path, 0o600);
      server.unref();
      resolve();
    });
  });
}

function noted(): void {}
