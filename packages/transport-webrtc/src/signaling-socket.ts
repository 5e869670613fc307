import { backoffDelay } from '@mnemesh/core';
import { type Cancel, limits, type Runtime, randomFraction } from '@mnemesh/protocol';
import { readBase64, toBase64 } from './base64.js';
import type { SocketClass, SocketLike } from './socket.js';
import { webrtcLimits } from './webrtc-limits.js';

export interface SignalingSocketOptions {
  readonly url: string;
  readonly topic: string;
  readonly runtime: Runtime;
  readonly WebSocket: SocketClass;
  readonly received: (message: Uint8Array) => void;
  /** It opened, or was lost, or could not be opened. */
  readonly changed: () => void;
}

/**
 * A socket to a signaling server that speaks y-webrtc's plain protocol, opened again whenever it is lost.
 * The server sees one topic and sealed messages.
 */
export class SignalingSocket {
  readonly url: string;
  readonly #options: SignalingSocketOptions;
  #socket: SocketLike | undefined;
  #open = false;
  #tried = false;
  #failures = 0;
  #heardAt = 0;
  #timer: Cancel = () => undefined;
  #closed = false;

  constructor(options: SignalingSocketOptions) {
    this.url = options.url;
    this.#options = options;
    this.#connect();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether a first try has ended, well or not. */
  get tried(): boolean {
    return this.#tried;
  }

  /** A server that does not read is sent no more: whoever waits for the message tries again. */
  send(message: Uint8Array): void {
    if (!this.#open || (this.#socket?.bufferedAmount ?? 0) > webrtcLimits.socketBehindBytes) return;
    this.#say({ type: 'publish', topic: this.#options.topic, data: toBase64(message) });
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer();
    this.#drop();
  }

  #connect(): void {
    const { runtime, WebSocket } = this.#options;
    let socket: SocketLike;
    try {
      socket = new WebSocket(this.url);
    } catch {
      this.#lost();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event: { readonly data: unknown }) => this.#received(socket, event.data);
    socket.onclose = () => this.#lostSocket(socket);
    // Stays assigned to the end: in Node an error event that nobody listens to ends the process.
    socket.onerror = () => this.#lostSocket(socket);
    this.#timer = runtime.after(webrtcLimits.socketOpenMs, () => this.#lostSocket(socket));
  }

  #opened(socket: SocketLike): void {
    if (socket !== this.#socket) return;
    this.#timer();
    this.#open = true;
    this.#tried = true;
    this.#heardAt = this.#options.runtime.now();
    this.#say({ type: 'subscribe', topics: [this.#options.topic] });
    this.#beat();
    this.#options.changed();
  }

  #beat(): void {
    const { runtime } = this.#options;
    this.#timer = runtime.after(webrtcLimits.socketPingMs, () => {
      if (runtime.now() - this.#heardAt > webrtcLimits.socketSilentMs) {
        this.#drop();
        this.#lost();
        return;
      }
      this.#say({ type: 'ping' });
      this.#beat();
    });
  }

  #received(socket: SocketLike, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#failures = 0;
    this.#heardAt = this.#options.runtime.now();
    const message = readPublished(data, this.#options.topic);
    if (message !== undefined) this.#options.received(message);
  }

  #lostSocket(socket: SocketLike): void {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#lost();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#open = false;
    try {
      socket?.close();
    } catch {
      // It had not opened yet; its error event follows, and is ignored.
    }
  }

  #lost(): void {
    if (this.#closed) return;
    const { runtime, changed } = this.#options;
    this.#timer();
    this.#tried = true;
    const delay = backoffDelay(this.#failures++, randomFraction(runtime));
    this.#timer = runtime.after(delay, () => this.#connect());
    changed();
  }

  #say(message: object): void {
    try {
      this.#socket?.send(JSON.stringify(message));
    } catch {
      // It is closing; `onclose` follows.
    }
  }
}

/** @returns undefined for what is no message of this topic, whatever else it is */
function readPublished(data: unknown, topic: string): Uint8Array | undefined {
  if (typeof data !== 'string' || data.length > limits.signalBytes * 2) return undefined;
  try {
    const message: unknown = JSON.parse(data);
    if (typeof message !== 'object' || message === null) return undefined;
    const { type, topic: theirs, data: body } = message as Readonly<Record<string, unknown>>;
    if (type !== 'publish' || theirs !== topic || typeof body !== 'string') return undefined;
    return readBase64(body);
  } catch {
    return undefined;
  }
}
