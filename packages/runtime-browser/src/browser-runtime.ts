import type { Log, Runtime } from '@mnemesh/protocol';

/** The longest a browser's timer waits; beyond it, it fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Random bytes that a browser gives in one call. */
const RANDOM_BYTES = 65_536;

/** Time, randomness and timers of a page or a worker. @param options.log silent when absent */
export function browserRuntime(options: { readonly log?: Log } = {}): Runtime {
  return {
    now: () => Date.now(),
    randomBytes: (count) => {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; at += RANDOM_BYTES)
        crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
      return bytes;
    },
    after: (ms, run) => {
      const timer = setTimeout(run, Math.min(ms, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    log: options.log ?? (() => undefined),
  };
}
