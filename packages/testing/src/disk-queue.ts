import type { Cancel } from '@mnemesh/protocol';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedTime } from './simulated-time.js';

/** Calls that may wait for one disk. More means that a store does not wait for its writes. */
export const WAITING_DISK_CALLS = 10_000;

/** What each call takes, drawn between both. 0 and 0: calls finish at once and need no advancing. */
export interface DiskLatency {
  readonly minMs: number;
  readonly maxMs: number;
}

/** `power` loses what was not flushed; `kill` ends the process while the machine and its cache live on. */
export type CrashKind = 'power' | 'kill';

/** What happens to a chosen call: it fails with a `DiskError`, or the power goes while it is under way. */
export type DiskFault = 'fail' | 'power' | 'kill';

/** A disk call that failed: nothing is known of what it has written. */
export class DiskError extends Error {
  readonly code = 'EIO';

  constructor(call: string) {
    super(`The disk failed in ${call}.`);
    this.name = 'DiskError';
  }
}

/** One call, in the steps in which a crash or a failure can meet it. */
export interface DiskCall {
  readonly name: string;
  /** Before the latency. */
  begin?(): void;
  /** After the latency: from here on the call has happened. */
  finish(): void;
  /** It fails instead of finishing. */
  fail?(): void;
  /** A crash meets it before it finished. */
  interrupt?(random: SeededRandom): void;
}

interface Waiting {
  readonly call: DiskCall;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface QueueOptions {
  readonly calls: number;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly latency: () => DiskLatency;
  readonly crash: (kind: CrashKind) => void;
}

/** The calls of one disk, carried out one after the other from one crash to the next. */
export class DiskQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Waiting[] = [];
  readonly #plans = new Map<number, DiskFault>();
  #calls: number;
  #current: Waiting | undefined;
  #cancel: Cancel = () => {};
  #abandoned = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#calls = options.calls;
  }

  get calls(): number {
    return this.#calls;
  }

  plan(count: number, fault: DiskFault): void {
    if (!(count >= 1)) throw new RangeError(`planFault(${count}): 1 is the next call`);
    this.#plans.set(this.#calls + this.#waiting.length + count, fault);
  }

  clearPlans(): void {
    this.#plans.clear();
  }

  /** Rejects when the disk fails; never settles when a crash comes first. */
  async run(call: DiskCall): Promise<void> {
    if (this.#waiting.length >= WAITING_DISK_CALLS) {
      throw new Error(`${WAITING_DISK_CALLS} disk calls wait: the writer does not wait for them.`);
    }
    await new Promise<void>((resolve, reject) => {
      if (this.#abandoned) return;
      this.#waiting.push({ call, resolve, reject });
      this.#next();
    });
  }

  /** The process is gone: what is under way may still take effect, what waits does not. */
  abandon(random: SeededRandom): void {
    this.#abandoned = true;
    this.#cancel();
    this.#waiting.length = 0;
    this.#current?.call.interrupt?.(random);
    this.#current = undefined;
  }

  #next(): void {
    const next = this.#current === undefined ? this.#waiting.shift() : undefined;
    if (next === undefined) return;
    this.#current = next;
    const fault = this.#plans.get(++this.#calls);
    next.call.begin?.();
    if (fault === 'power' || fault === 'kill') {
      this.#options.crash(fault);
      return;
    }
    const { minMs, maxMs } = this.#options.latency();
    if (maxMs === 0) this.#end(next, fault);
    else {
      const ms = this.#options.random.between(minMs, maxMs);
      this.#cancel = this.#options.time.after(ms, () => this.#end(next, fault));
    }
  }

  #end(ended: Waiting, fault: DiskFault | undefined): void {
    this.#current = undefined;
    if (fault === 'fail') {
      ended.call.fail?.();
      ended.reject(new DiskError(ended.call.name));
    } else {
      ended.call.finish();
      ended.resolve();
    }
    this.#next();
  }
}
