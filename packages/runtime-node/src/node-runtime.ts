import { randomBytes } from 'node:crypto';
import type { Log, Runtime } from '@mnemesh/protocol';

/** The longest a Node timer waits; beyond it, Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Time, randomness and timers of Node. @param options.log silent when absent */
export function nodeRuntime(options: { readonly log?: Log } = {}): Runtime {
  return {
    now: () => Date.now(),
    // A plain copy: Node's Buffer is refused by Yjs and keeps its shared pool alive.
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    after: (ms, run) => {
      const timer = setTimeout(run, Math.min(ms, LONGEST_TIMER_MS));
      return () => clearTimeout(timer);
    },
    log: options.log ?? (() => undefined),
  };
}
