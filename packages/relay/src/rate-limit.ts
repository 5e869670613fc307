import type { Runtime } from '@mnemesh/protocol';

/** Lets so many things happen in each second. */
export class RateLimit {
  readonly #runtime: Pick<Runtime, 'now'>;
  readonly #perSecond: number;
  #second = 0;
  #taken = 0;

  constructor(runtime: Pick<Runtime, 'now'>, perSecond: number) {
    this.#runtime = runtime;
    this.#perSecond = perSecond;
  }

  /** @returns false when this second has had as many as it may */
  take(): boolean {
    const second = Math.floor(this.#runtime.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#taken = 0;
    }
    return ++this.#taken <= this.#perSecond;
  }
}
