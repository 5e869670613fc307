import {
  type CloseCode,
  closeCodes,
  type Link,
  type LinkAcceptor,
  type LinkHandler,
  type Log,
  limits,
} from '@mnemesh/protocol';
import type { CarrierSocket } from './carrier-socket.js';

/** One open socket, as its owner sees it. */
export class WebsocketLink implements Link {
  readonly kind = 'relay';
  readonly peer: string;
  readonly #socket: CarrierSocket;
  readonly #log: Log;
  #handler: LinkHandler | undefined;
  #end: { readonly code: number; readonly reason: string } | undefined;

  constructor(peer: string, socket: CarrierSocket, log: Log) {
    this.peer = peer;
    this.#socket = socket;
    this.#log = log;
  }

  get socket(): CarrierSocket {
    return this.#socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  attach(accept: LinkAcceptor): void {
    this.#guarded('accept', () => {
      this.#handler = accept(this);
    });
    if (this.#end !== undefined) this.#tell(this.#end.code, this.#end.reason);
  }

  send(frame: Uint8Array): void {
    if (this.#end !== undefined) return;
    if (frame.length === 0 || frame.length > limits.frameBytes) {
      this.#log('error', 'A frame of this size cannot be sent.', { bytes: frame.length });
      this.close(closeCodes.badFrame, `Tried to send a frame of ${frame.length} bytes.`);
      return;
    }
    this.#socket.sendFrame(frame);
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.shut(code, reason);
  }

  /** A frame came from the other end. */
  receive(frame: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#guarded('received', () => this.#handler?.received(frame));
  }

  /** The socket is over for whatever reason; only the first call counts. */
  end(code: number, reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = { code, reason };
    this.#tell(code, reason);
  }

  #tell(code: number, reason: string): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#guarded('closed', () => handler?.closed(code, reason));
  }

  /** A throw must not reach the socket's event loop, where it would end the process. */
  #guarded(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log('error', `The link's handler threw in ${what}.`, { error });
      this.close(closeCodes.badFrame, 'The link was given up after a defect at this end.');
    }
  }
}
