import type { CloseCode } from '@mnemesh/protocol';
import type { RawData, WebSocket } from 'ws';
import { shortenReason } from '../close-reason.js';
import type { RoomCarrier, RoomCarrierHandler } from './room-link.js';
import type { OutgoingMessage } from './room-messages.js';

/** The socket below a `ws` socket. Not public, and the only way to send one frame to many without making it anew for each. */
interface Below {
  readonly _socket?: {
    write(bytes: Uint8Array): unknown;
    cork(): void;
    uncork(): void;
  } | null;
}

/** One WebSocket of a stock client. */
export class RoomSocket implements RoomCarrier {
  readonly peer: string;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
  }

  /** From here on the handler owns what arrives. */
  attach(handler: RoomCarrierHandler): void {
    const socket = this.#socket;
    socket.on('message', (data: RawData, isBinary: boolean) => {
      handler.received(isBinary && Buffer.isBuffer(data) ? data : undefined);
    });
    socket.on('pong', () => handler.heard());
    socket.on('close', () => handler.closed());
    // A broken peer or a message beyond maxPayload: `ws` closes the socket itself, and `close` follows.
    socket.on('error', () => undefined);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** `ws` sends nothing in parts and compresses nothing here, so whole frames may go between its own. */
  send({ head, body }: OutgoingMessage): void {
    const { _socket: below } = this.#socket as unknown as Below;
    if (this.#socket.readyState !== this.#socket.OPEN || !below) return;
    if (body === undefined) {
      below.write(head);
      return;
    }
    below.cork();
    below.write(head);
    below.write(body);
    below.uncork();
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: CloseCode, reason: string): void {
    // A paused socket would never see the answer.
    this.#socket.resume();
    this.#socket.close(code, shortenReason(reason));
  }

  cutOff(): void {
    this.#socket.terminate();
  }
}
