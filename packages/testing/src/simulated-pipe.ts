import type { Cancel } from '@mnemesh/protocol';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedTime } from './simulated-time.js';

/** Frames one direction of a link may hold, buffered and in flight. More means that the sender never looks at `bufferedBytes`. */
export const PIPE_FRAMES = 200_000;

/** How fast frames travel. */
export interface PipeSpeed {
  /** Time on the way, drawn for each frame between both. Frames never overtake each other. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** How fast frames leave the sender; what has not left counts as buffered. */
  readonly bytesPerMs: number;
}

/** The last thing that arrives through a pipe. */
export interface PipeEnd {
  readonly code: number;
  readonly reason: string;
}

interface Travelling {
  readonly content: Uint8Array | PipeEnd;
  readonly bytes: number;
  leavesAt: number;
  /** Or when the frame before it has arrived, if that is later. */
  arrivesAt: number;
}

interface PipeOptions {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly speed: PipeSpeed;
  readonly stalled: boolean;
  readonly deliver: (content: Uint8Array | PipeEnd) => void;
}

/** One direction of one link: frames leave, travel and arrive in order, or wait while it is stalled. */
export class SimulatedPipe {
  readonly #options: PipeOptions;
  readonly #travelling: Travelling[] = [];
  #speed: PipeSpeed;
  #stalled: boolean;
  #cancel: Cancel | undefined;

  constructor(options: PipeOptions) {
    this.#options = options;
    this.#speed = options.speed;
    this.#stalled = options.stalled;
  }

  /** Bytes that have not left the sender. */
  get bufferedBytes(): number {
    const now = this.#options.time.now();
    let bytes = 0;
    for (let i = this.#travelling.length - 1; i >= 0; i--) {
      const frame = this.#travelling[i] as Travelling;
      if (frame.leavesAt <= now) break;
      bytes += frame.bytes;
    }
    return bytes;
  }

  /** Frames that have not arrived. */
  get frames(): number {
    return this.#travelling.length;
  }

  send(content: Uint8Array | PipeEnd): void {
    if (this.#travelling.length >= PIPE_FRAMES) {
      this.#options.time.defect(
        new Error(`${PIPE_FRAMES} frames wait in one direction of a link.`),
      );
      return;
    }
    const bytes = content instanceof Uint8Array ? content.length : 0;
    const frame = { content, bytes, leavesAt: Number.POSITIVE_INFINITY, arrivesAt: 0 };
    const last = this.#travelling.at(-1);
    this.#travelling.push(frame);
    if (!this.#stalled) this.#schedule(frame, last);
    this.#arm();
  }

  /** While stalled nothing leaves and nothing arrives; afterwards everything does. */
  stall(stalled: boolean): void {
    if (this.#stalled === stalled) return;
    this.#stalled = stalled;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#reschedule();
    this.#arm();
  }

  setSpeed(speed: PipeSpeed): void {
    this.#speed = speed;
    this.#reschedule();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#arm();
  }

  /** Nothing arrives any more, except the first `keep` frames that have left. @returns frames lost */
  cut(keep = 0): number {
    const now = this.#options.time.now();
    const left = this.#travelling.findIndex(({ leavesAt }) => leavesAt > now);
    const kept = Math.min(keep, left < 0 ? this.#travelling.length : left);
    const lost = this.#travelling.splice(kept).length;
    if (this.#travelling.length === 0) {
      this.#cancel?.();
      this.#cancel = undefined;
    }
    return lost;
  }

  /** Frames that have not left yet take the speed, or the stall, of now. */
  #reschedule(): void {
    const now = this.#options.time.now();
    let last: Travelling | undefined;
    for (const frame of this.#travelling) {
      if (frame.leavesAt > now) {
        if (this.#stalled) frame.leavesAt = Number.POSITIVE_INFINITY;
        else this.#schedule(frame, last);
      }
      last = frame;
    }
  }

  #schedule(frame: Travelling, last: Travelling | undefined): void {
    const { time, random } = this.#options;
    const { minDelayMs, maxDelayMs, bytesPerMs } = this.#speed;
    frame.leavesAt = Math.max(time.now(), last?.leavesAt ?? 0) + frame.bytes / bytesPerMs;
    // Whole milliseconds, as the clocks of processes count.
    frame.arrivesAt = Math.ceil(frame.leavesAt) + random.between(minDelayMs, maxDelayMs);
  }

  /** One timer, for the frame that arrives next. */
  #arm(): void {
    const next = this.#travelling[0];
    if (this.#stalled || this.#cancel !== undefined || next === undefined) return;
    const { time, deliver } = this.#options;
    this.#cancel = time.after(Math.max(0, next.arrivesAt - time.now()), () => {
      this.#cancel = undefined;
      this.#travelling.shift();
      this.#arm();
      deliver(next.content);
    });
  }
}
