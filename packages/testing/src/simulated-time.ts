import type { Cancel } from '@mnemesh/protocol';

/** Where a world's clock starts: 2030-01-01 UTC, so that no test depends on today. */
export const WORLD_START_MS = Date.UTC(2030, 0, 1);

/** Timers that may run at one instant. More is a loop that never lets time pass. */
export const TIMERS_PER_INSTANT = 100_000;

/** Storage calls that may be made at one instant. More is a loop of promises, which no timeout could end. */
export const CALLS_PER_INSTANT = 200_000;

/** Timers that may wait at once. More is a leak. */
export const WAITING_TIMERS = 1_000_000;

/**
 * The world's one clock and timer queue. Time moves only in `advance`, `until` and `complete`;
 * timers due at one instant run in the order they were set, and between two of them every promise
 * that can settle does. The code under test must be driven by these timers and by promises alone:
 * what waits for real I/O or a thread is not waited for.
 */
export class SimulatedTime {
  #now: number;
  #sequence = 0;
  /** Latest first, so that the next timer is popped off the end. */
  readonly #timers: Timer[] = [];
  #moving = false;
  #calls = 0;
  readonly #defects: unknown[] = [];

  constructor(startMs: number = WORLD_START_MS) {
    this.#now = startMs;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** When the next timer is due; undefined when none waits. */
  get nextDue(): number | undefined {
    return this.#timers.at(-1)?.due;
  }

  /** Runs `run` once after `ms`. A throw of `run` is a defect: the `advance` under way rejects with it. */
  after(ms: number, run: () => void): Cancel {
    if (!(ms >= 0)) throw new RangeError(`after(${ms}): a delay is 0 ms or more`);
    if (this.#timers.length >= WAITING_TIMERS) throw new Error(`${WAITING_TIMERS} timers wait`);
    const timer: Timer = { due: this.#now + ms, sequence: this.#sequence++, run };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return () => {
      const at = this.#placeOf(timer);
      if (this.#timers[at] === timer) this.#timers.splice(at, 1);
    };
  }

  /** Resolves after `ms` of virtual time: somebody must be advancing. */
  async wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.after(ms, resolve));
  }

  /** Reports a broken contract: the `advance` under way, or the next one, rejects with it. */
  defect(cause: unknown): void {
    this.#defects.push(cause);
  }

  /**
   * Counts one storage call at this instant. A loop that awaits nothing but memory would hang the run
   * for ever, so the call that is one too many is a defect, and throws into the loop.
   */
  call(name: string): void {
    if (++this.#calls <= CALLS_PER_INSTANT) return;
    const error = new Error(`${CALLS_PER_INSTANT} storage calls at one instant, now ${name}.`);
    if (this.#calls === CALLS_PER_INSTANT + 1) this.defect(error);
    throw error;
  }

  /** Lets `ms` pass: runs every timer that falls due, in order. */
  async advance(ms: number): Promise<void> {
    await this.#move(this.#now + ms, () => false);
  }

  /** Runs what is due now and lets every promise settle that can. Time stands still. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  /**
   * Advances from timer to timer until `condition` holds.
   * @returns whether it held within `limitMs`
   */
  async until(condition: () => boolean, limitMs = 600_000): Promise<boolean> {
    await this.#move(this.#now + limitMs, condition);
    return condition();
  }

  /** Advances until `promise` settles, and passes on how. @throws Error when it has not within `limitMs` */
  async complete<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    const from = this.#now;
    if (!(await this.until(() => settled, limitMs))) {
      throw new Error(`After ${this.#now - from} ms of virtual time the promise is still pending.`);
    }
    return promise;
  }

  /**
   * Lets time run by itself, one timer a turn of the event loop, for suites that know no virtual time.
   * @returns stops it; resolves when the turn under way is over, and rejects with a defect met on the way
   */
  runFreely(): () => Promise<void> {
    let stopped = false;
    const running = (async () => {
      while (!stopped) {
        await this.advance(Math.max(0, (this.nextDue ?? this.#now) - this.#now));
      }
    })();
    running.catch(() => {});
    return async () => {
      stopped = true;
      await running;
    };
  }

  async #move(end: number, enough: () => boolean): Promise<void> {
    if (this.#moving)
      throw new Error('Time is being advanced already: await the other call first.');
    this.#moving = true;
    try {
      await drainPromises();
      let ran = 0;
      while (this.#defects.length === 0 && !enough()) {
        const next = this.#timers.at(-1);
        if (next === undefined || next.due > end) {
          if (end > this.#now) this.#calls = 0;
          this.#now = Math.max(this.#now, end);
          break;
        }
        ran = next.due > this.#now ? 1 : ran + 1;
        if (ran > TIMERS_PER_INSTANT) {
          throw new Error(`${TIMERS_PER_INSTANT} timers ran at one instant: time cannot pass.`);
        }
        if (next.due > this.#now) this.#calls = 0;
        this.#now = Math.max(this.#now, next.due);
        this.#timers.pop();
        this.#run(next);
        await drainPromises();
      }
    } finally {
      this.#moving = false;
      // A turn of the event loop: unhandled rejections are reported, and the test's own timeout can fire.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (this.#defects.length > 0) throw this.#defects.shift();
  }

  #run(timer: Timer): void {
    try {
      timer.run();
    } catch (error) {
      this.#defects.push(error);
    }
  }

  /** Index of `timer`, or where it belongs, in the queue ordered latest first. */
  #placeOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#timers[middle] as Timer;
      const later =
        other.due > timer.due || (other.due === timer.due && other.sequence > timer.sequence);
      if (later) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Timer {
  readonly due: number;
  readonly sequence: number;
  readonly run: () => void;
}

/**
 * Lets every promise reaction run, and those they cause. Node starts a next tick that was queued by
 * a promise reaction only when no reaction is left; the first turn gets us into a reaction.
 */
async function drainPromises(): Promise<void> {
  await nextTick();
  await nextTick();
}

async function nextTick(): Promise<void> {
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
