import { type Cancel, closeCodes, type Runtime } from '@mnemesh/protocol';
import { carrierMessage, judgeCarrierMessage } from './carrier-message.js';
import type { SocketClass, SocketLike } from './socket.js';

/** Milliseconds until a connection that does not open is given up; the provider itself would wait for ever. */
const OPEN_DEADLINE_MS = 10_000;
/** Milliseconds the other end has to answer a close before the connection is cut. */
const CLOSE_GRACE_MS = 2_000;
/** Bytes of UTF-8 that a close reason may have (RFC 6455 §5.5). */
const REASON_BYTES = 123;
/** What a socket reports that ended without a closing handshake (RFC 6455 §7.4.1). */
const ABNORMAL = 1006;

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** What a socket asks of the transport that owns it. */
export interface CarrierHost {
  readonly Socket: SocketClass;
  readonly runtime: Runtime;
  /** Milliseconds to wait before connecting. */
  delayMs(): number;
  created(socket: CarrierSocket): void;
}

/**
 * The socket handed to y-websocket's provider in place of a WebSocket. It connects after a jittered
 * delay, lets none of the provider's own frames out and nothing but whole frames of ours in, and
 * outlives the provider's interest until the connection has really ended.
 */
export class CarrierSocket {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  // The provider assigns these and reads them back.
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: Closing) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  /** Resolves when nothing of the connection is left. */
  readonly ended: Promise<void>;

  readonly #host: CarrierHost;
  #end: () => void = () => {};
  #socket: SocketLike | undefined;
  #state: 'waiting' | 'opening' | 'open' | 'closing' | 'closed' = 'waiting';
  #timer: Cancel;
  #ignored = 0;

  constructor(url: string, host: CarrierHost) {
    this.#host = host;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#timer = host.runtime.after(host.delayMs(), () => this.#connect(url));
    host.created(this);
  }

  get readyState(): number {
    if (this.#state === 'open') return this.OPEN;
    if (this.#state === 'closing') return this.CLOSING;
    return this.#state === 'closed' ? this.CLOSED : this.CONNECTING;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** The provider sends its own frames here (sync step 1, awareness); none goes out. */
  send(_frame: unknown): void {}

  sendFrame(frame: Uint8Array): void {
    if (this.#state !== 'open') return;
    try {
      this.#socket?.send(carrierMessage(frame));
    } catch (error) {
      this.shut(ABNORMAL, `The socket refused a frame: ${String(error)}`);
    }
  }

  /** The provider lets go of this socket: it disconnects, or its watchdog heard nothing. */
  close(): void {
    this.shut(closeCodes.normal, '');
  }

  /** Closes once, with the first caller's code, and tells the provider at once. */
  shut(code: number, reason: string): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#timer();
    const socket = this.#socket;
    if (socket === undefined) {
      this.#state = 'closed';
      this.#end();
    } else {
      this.#state = 'closing';
      this.#timer = this.#host.runtime.after(CLOSE_GRACE_MS, () => this.#cut(socket));
      closeSocket(socket, code, reason);
    }
    this.onclose?.({ code, reason });
  }

  #connect(url: string): void {
    let socket: SocketLike;
    try {
      socket = new this.#host.Socket(url);
    } catch (error) {
      this.shut(ABNORMAL, `No socket could be made: ${String(error)}`);
      return;
    }
    this.#state = 'opening';
    this.#socket = socket;
    this.#timer = this.#host.runtime.after(OPEN_DEADLINE_MS, () => {
      this.shut(ABNORMAL, `The connection did not open within ${OPEN_DEADLINE_MS} ms.`);
    });
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened();
    socket.onmessage = (event: { readonly data: unknown }) => this.#received(event.data);
    socket.onclose = (event: Closing) => this.#closed(event.code, event.reason);
    // Stays assigned to the end: in Node an error event that nobody listens to ends the process.
    socket.onerror = (event: unknown) => this.onerror?.(event);
  }

  #opened(): void {
    if (this.#state !== 'opening') return;
    this.#timer();
    this.#state = 'open';
    this.onopen?.();
  }

  #received(data: unknown): void {
    if (this.#state !== 'open') return;
    const message = judgeCarrierMessage(data);
    if (message.kind === 'frame') this.onmessage?.({ data: data as ArrayBuffer });
    else if (message.kind === 'malformed') {
      this.shut(closeCodes.badFrame, `The relay sent ${message.why}.`);
    } else if (this.#ignored++ === 0) {
      this.#host.runtime.log(
        'debug',
        'The relay sends messages of another type; they are ignored.',
      );
    }
  }

  #closed(code: number, reason: string): void {
    this.#timer();
    const told = this.#state === 'closing';
    this.#state = 'closed';
    this.#end();
    if (!told) this.onclose?.({ code, reason });
  }

  #cut(socket: SocketLike): void {
    // A browser cuts by itself, and cannot be asked to.
    if (socket.terminate === undefined) this.#end();
    else socket.terminate();
  }
}

function closeSocket(socket: SocketLike, code: number, reason: string): void {
  try {
    socket.close(code, fitReason(reason));
  } catch {
    // Codes below 3000, other than 1000, are the browser's own; a script may not send them.
    socket.close();
  }
}

function fitReason(reason: string): string {
  let fitting = reason.slice(0, REASON_BYTES);
  while (new TextEncoder().encode(fitting).length > REASON_BYTES) fitting = fitting.slice(0, -1);
  return fitting;
}
