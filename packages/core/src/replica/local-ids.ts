import type { Runtime } from '@mnemesh/protocol';

/** Crockford's base32: in the order of ASCII, and without the letters that look like digits. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
const LARGEST = DIGITS.length - 1;

/**
 * Local ids of a replica's fresh records: monotonic ULIDs (https://github.com/ulid/spec), 26
 * characters that sort by the time of their making. Within a millisecond, or while the clock stands
 * behind, the random part of the last id counts up; should it overflow, the time is counted on instead.
 */
export class LocalIds {
  readonly #runtime: Runtime;
  /** Milliseconds since the epoch. */
  #time = 0;
  #random: number[];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#random = this.#freshRandom();
  }

  /** An id greater than every one before. */
  next(): string {
    const now = Math.floor(this.#runtime.now());
    if (now > this.#time) this.#begin(now);
    else if (!this.#countUp()) this.#begin(this.#time + 1);
    return [...timeDigits(this.#time), ...this.#random].map((digit) => DIGITS[digit]).join('');
  }

  #begin(time: number): void {
    this.#time = time;
    this.#random = this.#freshRandom();
  }

  /** False when the random part is at its largest. */
  #countUp(): boolean {
    const at = this.#random.findLastIndex((digit) => digit < LARGEST);
    if (at < 0) return false;
    const counted = (this.#random[at] as number) + 1;
    this.#random[at] = counted;
    this.#random.fill(0, at + 1);
    return true;
  }

  #freshRandom(): number[] {
    return Array.from(this.#runtime.randomBytes(RANDOM_DIGITS), (byte) => byte % DIGITS.length);
  }
}

/** Most significant first. */
function timeDigits(time: number): number[] {
  return Array.from({ length: TIME_DIGITS }, (_, i) => {
    const unit = DIGITS.length ** (TIME_DIGITS - 1 - i);
    return Math.floor(time / unit) % DIGITS.length;
  });
}
