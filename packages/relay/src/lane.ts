/** A step of a lane. It may finish at once or later; what it throws ends the lane. */
export type LaneStep = () => Promise<void> | undefined;

export interface LaneLimits {
  /** Steps that may wait. */
  readonly steps: number;
  /** Bytes that waiting steps may hold. */
  readonly bytes: number;
}

/** Runs steps one after another, in the order they came. A step on an idle lane starts within the call. */
export class Lane {
  readonly #limits: LaneLimits;
  readonly #failed: (error: unknown) => void;
  #waiting: { readonly step: LaneStep; readonly bytes: number }[] = [];
  #steps = 0;
  #bytes = 0;
  #busy = false;
  #closed = false;
  #running: Promise<void> = Promise.resolve();

  /** @param failed told of the first error; the lane is closed then */
  constructor(limits: LaneLimits, failed: (error: unknown) => void) {
    this.#limits = limits;
    this.#failed = failed;
  }

  /** @returns false when the lane is full and the step was not taken; steps for a closed lane are dropped */
  add(bytes: number, step: LaneStep): boolean {
    if (this.#closed) return true;
    if (!this.#busy) {
      this.#begin(step);
      return true;
    }
    if (this.#steps >= this.#limits.steps || this.#bytes + bytes > this.#limits.bytes) return false;
    this.#waiting.push({ step, bytes });
    this.#steps++;
    this.#bytes += bytes;
    return true;
  }

  /** Drops what waits and takes nothing more. The step under way goes on. Idempotent. */
  stop(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  /** Resolves when a stopped lane's step under way has ended. */
  ended(): Promise<void> {
    return this.#running;
  }

  #begin(step: LaneStep): void {
    this.#busy = true;
    const unfinished = this.#run(step);
    if (unfinished !== undefined || this.#waiting.length > 0)
      this.#running = this.#drain(unfinished);
    else this.#busy = false;
  }

  async #drain(first: Promise<void> | undefined): Promise<void> {
    await first;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const { step, bytes } of batch) {
        if (this.#closed) break;
        this.#steps--;
        this.#bytes -= bytes;
        await this.#run(step);
      }
    }
    this.#busy = false;
  }

  /** Never rejects. */
  #run(step: LaneStep): Promise<void> | undefined {
    try {
      return step()?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.stop();
    this.#failed(error);
  }
}
