import type { Cancel } from '@mnemesh/protocol';

/** Tells those who wait that nobody needs their answer any more, and keeps none of them who is done. */
export class Ending {
  readonly #waiting = new Set<() => void>();
  #hasEnded = false;

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Idempotent. */
  end(): void {
    this.#hasEnded = true;
    for (const run of [...this.#waiting]) run();
    this.#waiting.clear();
  }

  /** Runs `run` once, at once where it has ended. */
  onEnd(run: () => void): Cancel {
    if (this.#hasEnded) run();
    else this.#waiting.add(run);
    return () => this.#waiting.delete(run);
  }
}
