import type { MnemeshError } from '@mnemesh/protocol';

/** Who waits for links to come further: asked again with every step, until it is so or there are no more. */
export class Progress {
  readonly #waiting = new Set<() => void>();
  #over: MnemeshError | undefined;

  /** Resolves when `isReached` says so. @throws MnemeshError as given to `end` */
  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      if (this.#over !== undefined) throw this.#over;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  made(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  end(error: MnemeshError): void {
    this.#over = error;
    this.made();
  }
}
