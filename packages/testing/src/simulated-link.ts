import {
  type CloseCode,
  closeCodes,
  type Link,
  type LinkAcceptor,
  type LinkHandler,
  type LinkKind,
  limits,
} from '@mnemesh/protocol';
import type { PipeEnd, SimulatedPipe } from './simulated-pipe.js';

/** What an end sees when its link broke without a word. */
export const LINK_LOST = 1006;

interface LinkOptions {
  readonly kind: LinkKind;
  readonly peer: string;
  readonly outgoing: SimulatedPipe;
  /** A frame was handed to `send`; false when it goes nowhere, because the link broke unnoticed. */
  readonly sending: (frame: Uint8Array) => boolean;
  /** This end is over, whoever ended it. */
  readonly ended: () => void;
  /** The owner broke the link's contract. */
  readonly defect: (error: unknown) => void;
}

/** One end of a simulated link. */
export class SimulatedLink implements Link {
  readonly kind: LinkKind;
  readonly peer: string;
  readonly #options: LinkOptions;
  #handler: LinkHandler | undefined;
  #open = true;

  constructor(options: LinkOptions) {
    this.kind = options.kind;
    this.peer = options.peer;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get bufferedBytes(): number {
    return this.#open ? this.#options.outgoing.bufferedBytes : 0;
  }

  attach(accept: LinkAcceptor): void {
    this.#guarded(() => {
      this.#handler = accept(this);
    });
  }

  send(frame: Uint8Array): void {
    if (!this.#open) return;
    if (frame.length === 0 || frame.length > limits.frameBytes) {
      this.#options.defect(new RangeError(`a frame of ${frame.length} bytes was sent`));
      this.close(closeCodes.badFrame, 'A frame of this size cannot be sent.');
      return;
    }
    const copy = frame.slice();
    if (this.#options.sending(copy)) this.#options.outgoing.send(copy);
  }

  close(code: CloseCode, reason: string): void {
    if (!this.#open) return;
    this.#options.outgoing.send({ code, reason });
    this.#end();
    queueMicrotask(() => this.#tell({ code, reason }));
  }

  /** Something came from the other end. */
  arrive(content: Uint8Array | PipeEnd): void {
    if (!this.#open) return;
    if (content instanceof Uint8Array) this.#guarded(() => this.#handler?.received(content));
    else this.lose(content);
  }

  /** The link is over by no doing of this end. */
  lose(end: PipeEnd): void {
    if (!this.#open) return;
    this.#end();
    this.#tell(end);
  }

  /** The process at this end is gone: nobody is told. */
  die(): void {
    this.#handler = undefined;
    if (this.#open) this.#end();
  }

  #end(): void {
    this.#open = false;
    this.#options.ended();
  }

  #tell({ code, reason }: PipeEnd): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#guarded(() => handler?.closed(code, reason));
  }

  /** A throw of the owner costs it the link, as every carrier has it. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.defect(error);
      this.close(closeCodes.badFrame, 'The link was given up after a defect at this end.');
    }
  }
}
