import type { Cancel, Runtime } from '@mnemesh/protocol';

/** The timers of one owner: what is still waiting when the owner ends never runs. */
export class Timers {
  readonly #runtime: Pick<Runtime, 'after'>;
  readonly #waiting = new Set<Cancel>();
  #ended = false;

  constructor(runtime: Pick<Runtime, 'after'>) {
    this.#runtime = runtime;
  }

  after(ms: number, run: () => void): Cancel {
    if (this.#ended) return () => undefined;
    const cancelTimer = this.#runtime.after(ms, () => {
      this.#waiting.delete(cancel);
      run();
    });
    const cancel = (): void => {
      this.#waiting.delete(cancel);
      cancelTimer();
    };
    this.#waiting.add(cancel);
    return cancel;
  }

  /** Idempotent. */
  end(): void {
    this.#ended = true;
    for (const cancel of [...this.#waiting]) cancel();
  }
}
