import type { Cancel, Runtime } from '@mnemesh/protocol';
import { syncLimits } from './sync-limits.js';

/** Keeps one link alive and notices when it is dead. One timer, however many frames. */
export class Heartbeat {
  readonly #runtime: Runtime;
  readonly #ping: () => void;
  readonly #silent: () => void;
  #sentAt: number;
  #receivedAt: number;
  #cancel: Cancel;

  constructor(runtime: Runtime, ping: () => void, silent: () => void) {
    this.#runtime = runtime;
    this.#ping = ping;
    this.#silent = silent;
    this.#sentAt = runtime.now();
    this.#receivedAt = runtime.now();
    this.#cancel = this.#arm();
  }

  sent(): void {
    this.#sentAt = this.#runtime.now();
  }

  received(): void {
    this.#receivedAt = this.#runtime.now();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): Cancel {
    return this.#runtime.after(syncLimits.pingAfterMs / 2, () => {
      const now = this.#runtime.now();
      if (now - this.#receivedAt >= syncLimits.silentAfterMs) {
        this.#silent();
        return;
      }
      if (now - this.#sentAt >= syncLimits.pingAfterMs) this.#ping();
      this.#cancel = this.#arm();
    });
  }
}
