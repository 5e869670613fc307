import type { Clock } from '@mnemesh/protocol';

/** Ticks within one millisecond; see `Clock`. */
const TICKS_PER_MS = 2048;

/**
 * A hybrid logical clock (Kulkarni et al., 2014): follows the wall clock, strictly rises, and passes
 * every clock its session was shown, so that an answer is later than what it answers to however
 * wrong the device's clock is.
 */
export class HybridClock {
  readonly #now: () => number;
  #last: Clock = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  tick(): Clock {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#now()) * TICKS_PER_MS);
    return this.#last;
  }

  witness(clock: Clock): void {
    if (clock > this.#last) this.#last = clock;
  }
}

export function clockMs(clock: Clock): number {
  return Math.floor(clock / TICKS_PER_MS);
}

/** The last clock of the millisecond that `clockIso` named so. */
export function lastClockAt(iso: string): Clock {
  return Date.parse(iso) * TICKS_PER_MS + TICKS_PER_MS - 1;
}

export function clockIso(clock: Clock): string {
  return new Date(clockMs(clock)).toISOString();
}
