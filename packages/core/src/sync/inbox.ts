import { type Frame, type FrameOf, MessageAssembler, type UnknownFrame } from '@mnemesh/protocol';

/** Updates of one document that are taken in together: one look at signatures, one batch to the store. */
const RUN_FRAMES = 256;
/** Bytes of their updates, so that one turn stays short. */
const RUN_BYTES = 1024 * 1024;

/** Frames taken before their places are given back: each time the rest is copied. */
const TAKEN_KEPT = 1_024;

/** Frames that bring content of a document. */
type Carrying = FrameOf<'update'> | FrameOf<'push'>;
export type OtherFrame = Exclude<Frame, Carrying>;

/** What is handled in one go. */
export type Run =
  | { readonly updates: readonly FrameOf<'update'>[] }
  | { readonly pushes: readonly FrameOf<'push'>[] }
  | { readonly frame: OtherFrame | UnknownFrame };

type Waiting = { readonly frame: Frame | UnknownFrame | undefined } | { readonly refused: unknown };

/**
 * What a link has received and nobody has handled, in order. While one run is being handled the next
 * one gathers, so that runs grow with the load and an idle link waits for nothing.
 */
export class Inbox {
  readonly #assembler = new MessageAssembler();
  #received: Uint8Array[] = [];
  #next = 0;
  /** Taken from what was received, and to be handled before the rest of it. */
  #ahead: Waiting[] = [];
  #bytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#next === this.#received.length && this.#ahead.length === 0;
  }

  add(bytes: Uint8Array): void {
    this.#received.push(bytes);
    this.#bytes += bytes.length;
  }

  clear(): void {
    this.#received = [];
    this.#next = 0;
    this.#ahead = [];
    this.#bytes = 0;
  }

  /**
   * The next frames to handle together: several that bring content of one document and follow each
   * other, acks apart, or one of any other type; undefined for a part of a message.
   * @throws MnemeshError `bad_frame` when its turn comes, not before what was received earlier
   */
  next(): Run | undefined {
    const waiting = this.#take();
    if ('refused' in waiting) throw waiting.refused;
    const { frame } = waiting;
    if (frame === undefined) return undefined;
    if (frame.type === 'update') return { updates: this.#runOf(frame) };
    if (frame.type === 'push') return { pushes: this.#runOf(frame) };
    return { frame };
  }

  #runOf<F extends Carrying>(first: F): readonly F[] {
    const run: F[] = [first];
    let bytes = first.update.length;
    const after: Waiting[] = [];
    while (!this.isEmpty && run.length < RUN_FRAMES && bytes < RUN_BYTES) {
      const waiting = this.#take();
      const frame = 'frame' in waiting ? waiting.frame : undefined;
      // Of several acks the last says it all, and it is as true after what came later.
      if (frame?.type === 'durable') after[0] = waiting;
      else if (!continues(first, frame)) {
        after.push(waiting);
        break;
      } else {
        run.push(frame);
        bytes += frame.update.length;
      }
    }
    this.#ahead.unshift(...after);
    return run;
  }

  #take(): Waiting {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) return ahead;
    const bytes = this.#received[this.#next++] as Uint8Array;
    this.#bytes -= bytes.length;
    // An inbox that is never empty must not keep all that it ever held.
    if (this.#next === this.#received.length || this.#next === TAKEN_KEPT) {
      this.#received = this.#received.slice(this.#next);
      this.#next = 0;
    }
    try {
      return { frame: this.#assembler.receive(bytes) };
    } catch (refused) {
      return { refused };
    }
  }
}

function continues<F extends Carrying>(
  first: F,
  frame: Frame | UnknownFrame | undefined,
): frame is F {
  return frame?.type === first.type && frame.document === first.document;
}
