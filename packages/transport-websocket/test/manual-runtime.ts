import type { Cancel, Log, LogLevel, Runtime } from '@mnemesh/protocol';

/** Virtual milliseconds that pass with each turn of the event loop while a test waits. */
const MS_PER_TURN = 25;
/** Turns after which a wait is given up. */
const MAX_TURNS = 200_000;

/** A runtime whose time passes only while a test waits, so that real sockets meet a clock in the test's hands. */
export class ManualRuntime implements Runtime {
  /** What `randomBytes` yields, over and over; 0x80 makes a fraction of about a half. */
  byte = 0x80;
  /** Every delay asked for, in order. */
  readonly delays: number[] = [];
  readonly logged: { readonly level: LogLevel; readonly message: string }[] = [];
  #now = 0;
  readonly #timers = new Set<{ readonly due: number; readonly run: () => void }>();

  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  randomBytes(count: number): Uint8Array {
    return new Uint8Array(count).fill(this.byte);
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { due: this.#now + ms, run };
    this.delays.push(ms);
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  readonly log: Log = (level, message) => {
    this.logged.push({ level, message });
  };

  /** Lets virtual time pass and real sockets work until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; !condition(); turn++) {
      if (turn > MAX_TURNS) throw new Error('What the test waits for did not happen.');
      await this.#turn(MS_PER_TURN);
    }
  }

  /** Lets time pass until the promise settles. */
  async complete<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    promise.then(done, done);
    await this.until(() => settled);
    return promise;
  }

  /** As many turns as any exchange over loopback takes, and then some. */
  async pass(ms = 60_000): Promise<void> {
    const turns = 200;
    for (let turn = 0; turn < turns; turn++) await this.#turn(ms / turns);
  }

  async #turn(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.due > this.#now || !this.#timers.delete(timer)) continue;
      timer.run();
    }
    // setTimeout(0) too, not only setImmediate: the provider schedules its next socket with it.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
