import {
  type Cancel,
  type CloseCode,
  closeCodes,
  type Link,
  type LinkAcceptor,
  type LinkHandler,
  limits,
  type Runtime,
} from '@mnemesh/protocol';
import { ChunkAssembler } from './chunks.js';
import type { Connection } from './connection.js';
import { PacedQueue } from './paced-queue.js';
import { webrtcLimits } from './webrtc-limits.js';

/** How a link came to its end. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
}

/** One open connection to one peer, as its owner sees it. */
export class WebrtcLink implements Link {
  readonly kind = 'peer';
  readonly peer: string;
  readonly #connection: Connection;
  readonly #runtime: Runtime;
  readonly #ended: (end: LinkEnd) => void;
  readonly #assembler = new ChunkAssembler();
  readonly #queue: PacedQueue;
  #handler: LinkHandler | undefined;
  #accepting = false;
  #end: LinkEnd | undefined;
  #cut: Cancel | undefined;

  /** @param ended called once, after the handler was told */
  constructor(
    peer: string,
    connection: Connection,
    runtime: Runtime,
    ended: (end: LinkEnd) => void,
  ) {
    this.peer = peer;
    this.#connection = connection;
    this.#runtime = runtime;
    this.#ended = ended;
    this.#queue = new PacedQueue(connection, runtime);
  }

  get bufferedBytes(): number {
    return this.#queue.bytes;
  }

  attach(accept: LinkAcceptor): void {
    this.#accepting = true;
    this.#guarded('accept', () => {
      this.#handler = accept(this);
    });
    this.#accepting = false;
    // It may have been closed while it was accepted.
    if (this.#end !== undefined) this.#tell(this.#end);
  }

  send(frame: Uint8Array): void {
    if (this.#end !== undefined) return;
    if (frame.length === 0 || frame.length > limits.frameBytes) {
      this.#runtime.log('error', 'A frame of this size cannot be sent.', { bytes: frame.length });
      this.close(closeCodes.badFrame, `Tried to send a frame of ${frame.length} bytes.`);
    } else if (this.#queue.bytes + frame.length > webrtcLimits.queueBytes) {
      this.close(closeCodes.tooSlow, 'The peer takes in less than it is sent.');
    } else this.#queue.add(frame);
  }

  close(code: CloseCode, reason: string): void {
    if (this.#end !== undefined) return;
    this.#queue.close(code, reason);
    this.#cut = this.#runtime.after(webrtcLimits.closeGraceMs, () => this.#connection.destroy());
    this.#over({ code, reason });
  }

  /** A message came over the connection. */
  receive(message: Uint8Array): void {
    const arrival = this.#assembler.receive(message);
    if (arrival.kind === 'close') {
      // Also the answer to a close of this end: both have said what they had to.
      this.#over({ code: arrival.code, reason: arrival.reason });
      this.#connection.destroy();
    } else if (this.#end !== undefined) return;
    else if (arrival.kind === 'frame')
      this.#guarded('received', () => this.#handler?.received(arrival.frame));
    else if (arrival.kind === 'malformed')
      this.close(closeCodes.badFrame, `The peer sent ${arrival.why}.`);
  }

  /** Nothing of the connection is left. */
  disconnected(reason: string): void {
    this.#cut?.();
    this.#queue.end();
    this.#over({ code: closeCodes.goingAway, reason });
  }

  #over(end: LinkEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#tell(end);
  }

  #tell(end: LinkEnd): void {
    // A link that is closed while it is accepted has no handler yet; `attach` tells it.
    if (this.#accepting) return;
    const handler = this.#handler;
    this.#handler = undefined;
    this.#guarded('closed', () => handler?.closed(end.code, end.reason));
    this.#ended(end);
  }

  /** A throw must not reach the platform's event loop, where it would end the process. */
  #guarded(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#runtime.log('error', `The link's handler threw in ${what}.`, { error });
      this.close(closeCodes.badFrame, 'The link was given up after a defect at this end.');
    }
  }
}
