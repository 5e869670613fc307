import type { Cancel, LogLevel, Runtime } from '@mnemesh/protocol';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedTime } from './simulated-time.js';

/** Log entries kept; older ones are dropped, so that a long run stays small. */
export const LOG_ENTRIES = 10_000;

export interface LogEntry {
  readonly at: number;
  readonly source: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

/** What the processes of a world logged, oldest first. */
export class SimulatedLog {
  readonly #entries: LogEntry[] = [];

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > LOG_ENTRIES * 2) this.#entries.splice(0, LOG_ENTRIES);
  }
}

/** Gives every process of a world a `Runtime` of its own: its random bytes, its clock's error, its end. */
export class SimulatedRuntimes {
  readonly log = new SimulatedLog();
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #starts = new Map<string, number>();

  constructor(time: SimulatedTime, random: SeededRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** Starts a process under this name. Each start draws other random bytes: a restart repeats no key or nonce. */
  start(name: string, options: { readonly skewMs?: number } = {}): SimulatedRuntime {
    const start = (this.#starts.get(name) ?? 0) + 1;
    this.#starts.set(name, start);
    const random = this.#random.fork(`${name}#${start}`);
    return new SimulatedRuntime(name, this.#time, random, this.log, options.skewMs ?? 0);
  }
}

/** The `Runtime` of one simulated process, from its start to its end. */
export class SimulatedRuntime implements Runtime {
  readonly name: string;
  /** Error of this process's clock in milliseconds, either way. May be changed at any time. */
  skewMs: number;
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #log: SimulatedLog;
  readonly #timers = new Set<Cancel>();
  #killed = false;

  constructor(
    name: string,
    time: SimulatedTime,
    random: SeededRandom,
    log: SimulatedLog,
    skewMs: number,
  ) {
    this.name = name;
    this.skewMs = skewMs;
    this.#time = time;
    this.#random = random;
    this.#log = log;
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** Timers this process has set that still wait. 0 after everything it started was closed. */
  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#time.now() + this.skewMs;
  }

  randomBytes(count: number): Uint8Array {
    return this.#random.bytes(count);
  }

  after(ms: number, run: () => void): Cancel {
    if (this.#killed) return () => {};
    const cancelTimer = this.#time.after(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    const cancel = (): void => {
      this.#timers.delete(cancel);
      cancelTimer();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  readonly log = (
    level: LogLevel,
    message: string,
    details?: Readonly<Record<string, unknown>>,
  ): void => {
    if (this.#killed) return;
    this.#log.add({ at: this.#time.now(), source: this.name, level, message, details });
  };

  /**
   * Ends the process as `kill -9` would: no timer of it runs any more. Its disk session and its
   * links have to be ended with it (`SimulatedDisk.crash`, `SimulatedNetwork.kill`).
   */
  kill(): void {
    this.#killed = true;
    for (const cancel of [...this.#timers]) cancel();
  }
}
