import { randomFillSync } from 'node:crypto';
import type { Log, Runtime } from '@mnemesh/protocol';

/** The longest a Node timer waits; beyond it, Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Time, randomness and timers of Node. @param options.log silent when absent */
export function nodeRuntime(options: { readonly log?: Log } = {}): Runtime {
  return {
    now: () => Date.now(),
    randomBytes: randomPool(),
    after: (ms, run) => {
      const timer = setTimeout(run, Math.min(ms, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    log: options.log ?? (() => undefined),
  };
}

/** Random bytes drawn from the system at once: a draw costs the same for 16 of them as for thousands. */
const POOL_BYTES = 4096;

/** Gives every byte once, and keeps none that it gave. */
function randomPool(): (count: number) => Uint8Array {
  const pool = new Uint8Array(POOL_BYTES);
  let at = POOL_BYTES;
  return (count) => {
    if (count > POOL_BYTES) return randomFillSync(new Uint8Array(count));
    if (at + count > POOL_BYTES) {
      randomFillSync(pool);
      at = 0;
    }
    const given = pool.slice(at, at + count);
    pool.fill(0, at, at + count);
    at += count;
    return given;
  };
}
