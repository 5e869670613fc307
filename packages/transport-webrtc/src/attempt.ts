import type { Cancel, Runtime } from '@mnemesh/protocol';
import { type CarrierOptions, Connection } from './connection.js';
import type { PeerId, Signal } from './signal-message.js';
import { webrtcLimits } from './webrtc-limits.js';
import { type LinkEnd, WebrtcLink } from './webrtc-link.js';

export interface AttemptOptions extends CarrierOptions {
  readonly remote: PeerId;
  readonly initiator: boolean;
  readonly runtime: Runtime;
  /** Milliseconds to become a link. */
  readonly deadlineMs?: number;
  readonly signal: (signal: Signal) => void;
  /** It became a link, which the caller attaches to its owner. */
  readonly opened: (link: WebrtcLink) => void;
  /** It became none. */
  readonly failed: (why: string) => void;
  /** The link it became is over for its owner; the connection may take a moment more. */
  readonly ended: (link: WebrtcLink, end: LinkEnd) => void;
}

/** One try to connect with one peer, and the connection it became. */
export class Attempt {
  readonly id: string;
  readonly initiator: boolean;
  /** Resolves when nothing of the connection is left. */
  readonly gone: Promise<void>;
  readonly #options: AttemptOptions;
  readonly #connection: Connection;
  #leave: () => void = () => undefined;
  #deadline: Cancel;
  #link: WebrtcLink | undefined;
  #remote: PeerId;
  #candidates = 0;
  #answered = false;
  #over = false;
  #abandoned = false;

  constructor(id: string, options: AttemptOptions) {
    const { runtime, signal, deadlineMs = webrtcLimits.connectMs } = options;
    this.id = id;
    this.initiator = options.initiator;
    this.#remote = options.remote;
    this.#options = options;
    this.gone = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.#connection = new Connection(options, {
      signal,
      opened: () => this.#opened(),
      received: (message) => this.#link?.receive(message),
      closed: (error) => this.#closed(error),
    });
    this.#deadline = runtime.after(deadlineMs, () =>
      this.#connection.destroy(new Error(`no connection came about within ${deadlineMs} ms`)),
    );
  }

  /** The peer at the other end; of an invitation it is known with the answer. */
  get remote(): PeerId {
    return this.#remote;
  }

  /** Who answered an invitation. */
  answeredBy(peer: PeerId): void {
    this.#remote = peer;
  }

  get link(): WebrtcLink | undefined {
    return this.#link;
  }

  /** The other end has said something of it. */
  get answered(): boolean {
    return this.#answered;
  }

  get connection(): Connection {
    return this.#connection;
  }

  signal(signal: Signal): void {
    this.#answered = true;
    if (signal.type === 'candidate' && ++this.#candidates > webrtcLimits.candidates) return;
    // An offer for the one that offers, or an answer for the one that answers, comes from nobody honest.
    if (signal.type === (this.initiator ? 'offer' : 'answer')) return;
    this.#connection.signal(signal);
  }

  /** Gives up what has not become a link. @param why told to who waits for it; nobody is told without */
  abandon(why?: Error): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.#over = why === undefined;
    this.#connection.destroy(why);
  }

  #opened(): void {
    this.#deadline();
    const { runtime, opened, ended } = this.#options;
    const link: WebrtcLink = new WebrtcLink(
      `peer ${this.#remote.slice(0, 8)}`,
      this.#connection,
      runtime,
      (end) => ended(link, end),
    );
    this.#link = link;
    opened(link);
  }

  #closed(error: Error | undefined): void {
    this.#deadline();
    const reason = error?.message ?? 'The connection was lost.';
    this.#link?.disconnected(reason);
    if (this.#link === undefined && !this.#over) this.#options.failed(reason);
    this.#leave();
  }
}
