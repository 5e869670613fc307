import type { AgentIdentity, Replica, Showing } from '@mnemesh/core';
import { hasCode, MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { Channel, OpenChannel } from './channel.js';
import type { GuestSession } from './guest-session.js';
import type { HolderLimits } from './holder-limits.js';
import {
  type CallMessage,
  errorParts,
  type GuestMessage,
  type HelloMessage,
  HOLDER_PROTOCOL,
  type HolderMessage,
  type HolderReport,
  holderNamed,
  parseGuestMessage,
  type WatchMessage,
} from './messages.js';
import type { RecentChange, RecentChanges } from './recent-changes.js';

/** What a guest needs of the holder that lets it in. */
export interface GuestHost {
  readonly replica: Replica;
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
  readonly relay: string | undefined;
  readonly pid: number;
  readonly recent: RecentChanges;
  report(): HolderReport;
  /** @throws MnemeshError `bad_input` for a name that is none */
  agentNamed(name: string): Promise<AgentIdentity>;
  /** The session of this id that another channel of the same guest had, settled; or a new one. It knows what it did. */
  sessionFor(hello: HelloMessage, agent: AgentIdentity, guest: Guest): Promise<GuestSession>;
  /** Whether there is room for one more. */
  admits(): boolean;
  tellAgain(change: RecentChange): void;
  /** A guest has its session, and was welcomed. */
  came(): void;
  left(guest: Guest): void;
}

/** One channel of a holder. */
export class Guest {
  readonly #host: GuestHost;
  readonly #pipe: Channel;
  #cancelHello: () => void;
  #session: GuestSession | undefined;
  #greeted = false;
  #inFlight = 0;
  #told: string | undefined;
  #cancelClose: () => void = () => undefined;
  #stopStatus: () => void = () => undefined;
  #awaitsReading = false;
  #leaving = false;
  #gone = false;

  constructor(open: OpenChannel, host: GuestHost) {
    this.#host = host;
    const { runtime, limits } = host;
    this.#pipe = open({
      receivedBytes: limits.requestBytes,
      sentBytes: limits.answerBytes,
      received: (json) => this.#receive(parseGuestMessage(json)),
      failed: (error) => this.#refuse(error),
      ended: () => this.#ended(),
    });
    this.#cancelHello = runtime.after(limits.helloMs, () => {
      this.#refuse(new MnemeshError('bad_frame', `No hello came within ${limits.helloMs} ms.`));
    });
  }

  /** Is it a session by now, rather than somebody who only asks who is there? */
  get session(): GuestSession | undefined {
    return this.#session;
  }

  /** A showing is on its way: whatever shows it is sent after this. */
  show(showing: Showing): void {
    this.#send({ type: 'shown', ...showing });
  }

  /** Another channel of the same guest took its place, or it does not read. */
  drop(): void {
    this.#pipe.destroy();
  }

  /** Answers what was begun, and takes nothing more. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#send({ type: 'leaving' });
    this.#pipe.pause();
    await this.#session?.settled();
    // The answers are sent by whoever waited for the same, a turn later.
    await new Promise<void>((resolve) => this.#host.runtime.after(0, resolve));
  }

  /** Closes, once it was told all that there is to tell. */
  end(): void {
    this.#close();
  }

  #receive(message: GuestMessage): void {
    if (message.type === 'inspect') this.#send({ type: 'report', ...this.#host.report() });
    else if (message.type === 'hello') this.#hello(message);
    else if (message.type === 'offline') this.#setOffline(message.offline);
    else if (this.#session !== undefined) this.#follow(this.#session, message);
    else throw new MnemeshError('bad_frame', 'A guest says hello first.');
  }

  #follow(
    session: GuestSession,
    message: Exclude<GuestMessage, { readonly type: 'inspect' | 'hello' | 'offline' }>,
  ): void {
    switch (message.type) {
      case 'restore':
        session.restore(message.shown);
        break;
      case 'call':
        this.#call(session, message);
        break;
      case 'stage':
        this.#answer(message.id, session.stage(message));
        break;
      case 'watch':
        this.#watch(session, message);
        break;
      case 'unwatch':
        session.unwatch(message.id);
        break;
      case 'seen':
        session.arrived(message.seen);
    }
  }

  /** The switch is the replica's: it needs no session. Whoever has none is told that it was heard. */
  #setOffline(offline: boolean): void {
    this.#host.replica.setOffline(offline);
    if (this.#session === undefined) this.#send({ type: 'report', ...this.#host.report() });
  }

  #watch(session: GuestSession, message: WatchMessage): void {
    const tell = (value: unknown): void => {
      try {
        this.#send({ type: 'news', watch: message.id, value });
      } catch (error) {
        // Whoever wrote it must not hear of that.
        this.#host.runtime.log('warn', 'a change was too long to be told', {
          error: String(error),
        });
      }
    };
    this.#answer(message.id, session.watch(message, this.#host.recent.list(), tell));
  }

  #hello(hello: HelloMessage): void {
    if (this.#greeted) throw new MnemeshError('bad_frame', 'A guest says hello once.');
    this.#greeted = true;
    this.#cancelHello();
    // Nothing is read before it is welcomed: its calls follow at once.
    this.#pipe.pause();
    this.#welcome(hello).then(
      () => this.#pipe.resume(),
      (error: unknown) => this.#refuse(error),
    );
  }

  async #welcome(hello: HelloMessage): Promise<void> {
    const { replica, relay, runtime, pid } = this.#host;
    this.#check(hello);
    const agent = await this.#host.agentNamed(hello.agent);
    const session = await this.#host.sessionFor(hello, agent, this);
    this.#session = session;
    if (this.#gone) return this.#ended();
    const { status } = replica;
    this.#told = JSON.stringify(status);
    this.#stopStatus = replica.onStatus(() => this.#tellStatus());
    this.#send({
      type: 'welcome',
      pid,
      agent: agent.id,
      session: session.id,
      namespaces: session.namespaces(),
      ...(relay === undefined ? {} : { relay }),
      status: status as never,
    });
    this.#host.came();
    runtime.log('debug', 'a guest came', { agent: agent.name });
  }

  #check({ protocol, mesh }: HelloMessage): void {
    const { replica, pid } = this.#host;
    if (protocol !== HOLDER_PROTOCOL) {
      throw new MnemeshError(
        'unknown_protocol',
        `${holderNamed(pid)} holds this replica and speaks version ${HOLDER_PROTOCOL} of the holder's protocol, this one version ${protocol}. End it, or use the same version of Mnemesh.`,
      );
    }
    if (mesh !== replica.mesh)
      throw new MnemeshError('wrong_mesh', `${replica.mesh} is held here, not ${mesh}.`);
    if (!this.#host.admits()) {
      throw new MnemeshError(
        'overloaded',
        `${this.#host.limits.guests} guests use this replica already. End some of them.`,
        { retryable: true },
      );
    }
  }

  #call(session: GuestSession, call: CallMessage): void {
    session.arrived(call.seen);
    this.#inFlight += 1;
    this.#throttle();
    const called = session.call(call).finally(() => {
      this.#inFlight -= 1;
      this.#throttle();
    });
    this.#answer(call.id, called);
    if (call.after !== undefined) called.then(() => this.#tellAgain(call), noted);
  }

  #answer(id: number, working: Promise<unknown>): void {
    working.then(
      (value) => {
        this.#tellStatus();
        try {
          this.#send({ type: 'answer', id, value });
        } catch (error) {
          this.#send({ type: 'failed', id, ...errorParts(error) });
        }
      },
      (error: unknown) => this.#answerFailure(id, error),
    );
  }

  #answerFailure(id: number, error: unknown): void {
    if (isTaken(error)) {
      // Whoever asked asks the next holder.
      this.drop();
      return;
    }
    const parts = errorParts(error);
    if (parts.code === 'internal')
      this.#host.runtime.log('error', 'a call failed', { error: String(error) });
    this.#send({ type: 'failed', id, ...parts });
  }

  /** What its last holder did and could not tell any more is told by whoever is asked to do it again. */
  #tellAgain(call: CallMessage): void {
    const change = this.#session?.changeOf(call);
    if (change !== undefined) this.#host.tellAgain(change);
  }

  #tellStatus(): void {
    const { status } = this.#host.replica;
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.#send({ type: 'status', status: status as never });
  }

  #send(message: HolderMessage): void {
    if (this.#gone) return;
    this.#pipe.send(message);
    const { unread } = this.#pipe;
    if (unread > this.#host.limits.droppedBytes) {
      this.#host.runtime.log('warn', 'a guest does not read, and is let go', { unread });
      this.drop();
    } else if (unread > this.#host.limits.unreadBytes) this.#throttle();
  }

  /** Reads no more requests while enough are being worked on, or their answers are not read. */
  #throttle(): void {
    if (this.#leaving || this.#gone) return;
    const { requestsInFlight, unreadBytes } = this.#host.limits;
    const isBehind = this.#pipe.unread > unreadBytes;
    if (this.#inFlight >= requestsInFlight || isBehind) {
      this.#pipe.pause();
      if (isBehind) this.#throttleOnceRead();
    } else this.#pipe.resume();
  }

  /** Asked for once, however much is sent meanwhile. */
  #throttleOnceRead(): void {
    if (this.#awaitsReading) return;
    this.#awaitsReading = true;
    this.#pipe.onceRead(() => {
      this.#awaitsReading = false;
      this.#throttle();
    });
  }

  #refuse(error: unknown): void {
    const parts = errorParts(error);
    this.#host.runtime.log('warn', `a guest is refused: ${parts.message}`, { code: parts.code });
    this.#send({ type: 'refused', ...parts });
    this.#close();
  }

  /** What was sent is read by the other end, or thrown away after a while. */
  #close(): void {
    if (this.#gone) return;
    const { runtime, limits } = this.#host;
    this.#cancelClose = runtime.after(limits.drainMs, () => this.#pipe.destroy());
    this.#pipe.close();
  }

  #ended(): void {
    this.#gone = true;
    this.#cancelHello();
    this.#cancelClose();
    this.#stopStatus();
    this.#session?.leave();
    this.#host.left(this);
  }
}

/** Is it for the reason that somebody else has the store by now? */
function isTaken(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return hasCode(error, 'store_in_use') || isTaken(error.cause);
}

/** Its caller was told. */
function noted(): void {}
