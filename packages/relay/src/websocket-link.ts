import type { CloseCode, Link, LinkHandler } from '@mnemesh/protocol';
import type { RawData, WebSocket } from 'ws';
import { shortenReason } from './close-reason.js';

/** Message type of our frames among those of the y-websocket protocol; a WebSocket message is `[120] ‖ frame`. */
export const MESH_MESSAGE = 120;

/** What is no mesh message is handed on as this, which the session refuses and counts as it does any bad frame. */
const NO_FRAME = new Uint8Array(0);

/** The socket below a `ws` socket. Not public, and the only way to send a turn's frames together. */
interface Corkable {
  readonly _socket?: { cork(): void; uncork(): void } | null;
}

/** One WebSocket of a relay as a link. */
export class WebSocketLink implements Link {
  readonly kind = 'relay';
  readonly peer: string;
  readonly #socket: WebSocket;
  #corked = false;

  constructor(socket: WebSocket, peer: string) {
    this.#socket = socket;
    this.peer = peer;
  }

  /** From here on the handler owns what arrives. */
  attach(handler: LinkHandler): void {
    const socket = this.#socket;
    socket.on('message', (data: RawData, isBinary: boolean) => {
      handler.received(isBinary ? frameOf(data) : NO_FRAME);
    });
    socket.on('close', (code: number, reason: Buffer) => handler.closed(code, reason.toString()));
    // A broken peer or a frame beyond maxPayload: `ws` closes the socket itself, and `close` follows.
    socket.on('error', () => undefined);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#cork();
    const message = new Uint8Array(frame.length + 1);
    message[0] = MESH_MESSAGE;
    message.set(frame, 1);
    this.#socket.send(message);
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.close(code, shortenReason(reason));
  }

  /** Frames of one turn leave in one write. */
  #cork(): void {
    const { _socket: below } = this.#socket as unknown as Corkable;
    if (this.#corked || below === undefined || below === null) return;
    this.#corked = true;
    below.cork();
    setImmediate(() => {
      this.#corked = false;
      below.uncork();
    });
  }
}

/** The frame in a WebSocket message; a plain view, because Node's Buffer stays a Buffer when sliced. */
function frameOf(data: RawData): Uint8Array {
  if (!Buffer.isBuffer(data) || data[0] !== MESH_MESSAGE) return NO_FRAME;
  return new Uint8Array(data.buffer, data.byteOffset + 1, data.length - 1);
}
