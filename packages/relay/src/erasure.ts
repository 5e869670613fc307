import { type Cancel, MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { RelayLimits } from './relay-limits.js';
import type { UpdateLog } from './update-log.js';

export interface ErasureOptions {
  readonly log: Pick<UpdateLog, 'erase'>;
  readonly runtime: Pick<Runtime, 'now' | 'after' | 'log'>;
  readonly limits: RelayLimits;
}

interface Waiting {
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * Erases from the log's file what was deleted from the log. All meshes share one file, and each erasure
 * rewrites it, so whoever asks waits a little and shares the next one; and it rests after each, so that at
 * most a twentieth of the time goes into them.
 */
export class Erasure {
  readonly #options: ErasureOptions;
  #waiting: Waiting[] = [];
  #planned: Cancel | undefined;
  #running: Promise<void> | undefined;
  #notBefore = 0;
  #closed = false;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Resolves when everything deleted before the call is erased. Tries again until then. @throws MnemeshError `closed` */
  erased(): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed });
      this.#plan(this.#options.limits.eraseDelayMs);
    });
  }

  /** Idempotent. Who still waits is told; it asks again when the relay is back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#planned?.();
    await this.#running;
    for (const { failed } of this.#waiting.splice(0))
      failed(new MnemeshError('closed', 'The relay closed before this was erased.'));
  }

  #plan(delayMs: number): void {
    const { runtime } = this.#options;
    if (this.#planned !== undefined || this.#running !== undefined) return;
    const wait = Math.max(delayMs, this.#notBefore - runtime.now());
    this.#planned = runtime.after(this.#closed ? 0 : wait, () => {
      this.#planned = undefined;
      if (!this.#closed) this.#running = this.#erase();
    });
  }

  /** Never rejects. */
  async #erase(): Promise<void> {
    const { log, runtime, limits } = this.#options;
    const began = runtime.now();
    const waiting = this.#waiting.splice(0);
    let next = limits.eraseDelayMs;
    try {
      await log.erase();
      for (const { done } of waiting) done();
    } catch (error) {
      runtime.log('warn', 'Deleted content could not be erased from the log yet.', {
        reason: String(error),
      });
      this.#waiting.unshift(...waiting);
      next = limits.eraseRetryMs;
    }
    this.#notBefore = runtime.now() + (runtime.now() - began) * limits.eraseRestFactor;
    this.#running = undefined;
    if (this.#waiting.length > 0 && !this.#closed) this.#plan(next);
  }
}
