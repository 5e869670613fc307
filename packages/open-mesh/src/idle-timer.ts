import type { Cancel, Runtime } from '@mnemesh/protocol';

/** Ends when nothing has been going on for so long. */
export class IdleTimer {
  readonly ended: Promise<void>;
  readonly #runtime: Runtime;
  readonly #ms: number;
  #end: () => void = () => undefined;
  #cancel: Cancel = () => undefined;
  #isBusy = true;

  /** @param ms milliseconds; 0 for never */
  constructor(runtime: Runtime, ms: number) {
    this.#runtime = runtime;
    this.#ms = ms;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  busy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#cancel();
    if (!isBusy && this.#ms > 0) this.#cancel = this.#runtime.after(this.#ms, () => this.end());
  }

  end(): void {
    this.#cancel();
    this.#end();
  }
}
