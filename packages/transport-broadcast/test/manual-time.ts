import type { Cancel, Runtime } from '@mnemesh/protocol';

/** A clock that a test moves; what is due then runs in one go, late as after a stop. */
export class ManualTime implements Runtime {
  readonly #timers = new Set<{ readonly due: number; readonly run: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Cancel {
    const timer = { due: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  randomBytes(count: number): Uint8Array {
    return new Uint8Array(count);
  }

  log(): void {}

  pass(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.due > this.#now || !this.#timers.delete(timer)) continue;
      timer.run();
    }
  }
}
