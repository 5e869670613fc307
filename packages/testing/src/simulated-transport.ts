import { backoffDelay, type Transport, type TransportState } from '@mnemesh/core';
import {
  type Cancel,
  closeCodes,
  isTerminal,
  type Link,
  type LinkAcceptor,
  type LinkKind,
  MnemeshError,
  type Runtime,
  randomFraction,
} from '@mnemesh/protocol';

export type BackoffBounds = NonNullable<Parameters<typeof backoffDelay>[2]>;

interface DialingOptions {
  readonly kind: LinkKind;
  readonly address: string;
  readonly runtime: Runtime;
  readonly backoff: BackoffBounds | undefined;
  /** Tries once to open a link; ends in `accept` or in `failed`, or is canceled. */
  readonly attempt: (accept: LinkAcceptor, failed: () => void) => Cancel;
}

/** What the two kinds of simulated transport share: their state, and who is told of it. */
class TransportOwner {
  state: TransportState = 'offline';
  #accept: LinkAcceptor | undefined;
  #changed: (state: TransportState) => void = () => {};

  get started(): boolean {
    return this.#accept !== undefined;
  }

  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void {
    if (this.started) throw new Error('a transport starts once');
    this.#accept = accept;
    this.#changed = changed;
  }

  enter(state: TransportState): void {
    if (this.state === state) return;
    this.state = state;
    this.#changed(state);
  }

  /** The owner's handler for this link; `ended` is called after the owner was told that it closed. */
  attach(link: Link, ended: (code: number) => void): ReturnType<LinkAcceptor> {
    const handler = this.#accept?.(link);
    return {
      received: (frame) => handler?.received(frame),
      closed: (code, reason) => {
        try {
          handler?.closed(code, reason);
        } finally {
          ended(code);
        }
      },
    };
  }
}

/** Keeps one link open, and opens it again with the product's backoff. */
export class DialingTransport implements Transport {
  readonly kind: LinkKind;
  readonly address: string;
  readonly #options: DialingOptions;
  readonly #owner = new TransportOwner();
  #offline = false;
  #attempts = 0;
  #cancel: Cancel = () => {};
  #link: Link | undefined;
  #ending: PromiseWithEnd | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DialingOptions) {
    this.kind = options.kind;
    this.address = options.address;
    this.#options = options;
  }

  get state(): TransportState {
    return this.#owner.state;
  }

  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void {
    if (this.#closing !== undefined) throw new MnemeshError('closed', 'This transport is closed.');
    this.#owner.start(accept, changed);
    if (!this.#offline) this.#connect();
  }

  admitted(link: Link): void {
    if (link === this.#link) this.#attempts = 0;
  }

  setOffline(offline: boolean): void {
    if (this.#offline === offline || this.#closing !== undefined) return;
    this.#offline = offline;
    if (!this.#owner.started || this.state === 'refused') return;
    if (offline) {
      this.#disconnect('This replica was set offline.');
      this.#owner.enter('offline');
    } else {
      this.#attempts = 0;
      this.#connect();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#disconnect('This replica was closed.');
    if (this.state !== 'refused') this.#owner.enter('offline');
    await this.#ending?.promise;
  }

  #disconnect(reason: string): void {
    this.#cancel();
    const link = this.#link;
    // Forgotten first, so that its end does not look like a loss to come back from.
    this.#link = undefined;
    link?.close(closeCodes.normal, reason);
  }

  #connect(): void {
    this.#owner.enter('connecting');
    this.#cancel = this.#options.attempt(
      (link) => this.#opened(link),
      () => this.#retry(),
    );
  }

  #opened(link: Link): ReturnType<LinkAcceptor> {
    const ending = promiseWithEnd();
    this.#link = link;
    this.#ending = ending;
    this.#owner.enter('connected');
    return this.#owner.attach(link, (code) => {
      ending.end();
      this.#lost(link, code);
    });
  }

  #lost(link: Link, code: number): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    if (this.#closing !== undefined) return;
    if (isTerminal(code)) this.#owner.enter('refused');
    else if (!this.#offline) {
      this.#owner.enter('connecting');
      this.#retry();
    }
  }

  #retry(): void {
    const { runtime, backoff } = this.#options;
    const delayMs = backoffDelay(this.#attempts++, randomFraction(runtime), backoff);
    this.#cancel = runtime.after(delayMs, () => this.#connect());
  }
}

/** Accepts the links that others open. It has no relay to lose, so it is `connecting` while it has none. */
export class AnsweringTransport implements Transport {
  readonly kind: LinkKind;
  readonly address: string;
  readonly #listen: (accept: LinkAcceptor) => () => void;
  readonly #owner = new TransportOwner();
  readonly #links = new Map<Link, PromiseWithEnd>();
  #offline = false;
  #stop: () => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(kind: LinkKind, address: string, listen: (accept: LinkAcceptor) => () => void) {
    this.kind = kind;
    this.address = address;
    this.#listen = listen;
  }

  get state(): TransportState {
    return this.#owner.state;
  }

  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void {
    if (this.#closing !== undefined) throw new MnemeshError('closed', 'This transport is closed.');
    this.#owner.start(accept, changed);
    if (!this.#offline) this.#answer();
  }

  admitted(): void {
    // The backoff is the other end's.
  }

  setOffline(offline: boolean): void {
    if (this.#offline === offline || this.#closing !== undefined) return;
    this.#offline = offline;
    if (!this.#owner.started) return;
    if (offline) this.#disconnect('This replica was set offline.');
    else this.#answer();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#disconnect('This replica was closed.');
    await Promise.all([...this.#links.values()].map(({ promise }) => promise));
  }

  #disconnect(reason: string): void {
    this.#stop();
    for (const link of this.#links.keys()) link.close(closeCodes.normal, reason);
    this.#owner.enter('offline');
  }

  #answer(): void {
    this.#owner.enter('connecting');
    this.#stop = this.#listen((link) => {
      const ending = promiseWithEnd();
      this.#links.set(link, ending);
      this.#owner.enter('connected');
      return this.#owner.attach(link, () => {
        this.#links.delete(link);
        ending.end();
        if (this.#links.size === 0 && this.state === 'connected') this.#owner.enter('connecting');
      });
    });
  }
}

interface PromiseWithEnd {
  readonly promise: Promise<void>;
  readonly end: () => void;
}

function promiseWithEnd(): PromiseWithEnd {
  let end: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, end };
}
