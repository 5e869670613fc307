import type { Runtime } from '@mnemesh/protocol';
import { runtime } from './place.js';

/** Timers at least this long are signs of life. They come by the clock, whatever else happens. */
const HEARTBEAT_MS = 5_000;

/** Node's runtime without signs of life, and how many of the timers set through it are still to run. */
export interface WatchedRuntime extends Runtime {
  /** Timers that wait: at 0 the replica does nothing more by itself. */
  readonly planned: number;
}

export function watchedRuntime(): WatchedRuntime {
  const waiting = new Set<object>();
  return {
    ...runtime,
    get planned() {
      return waiting.size;
    },
    after: (ms, run) => {
      if (ms >= HEARTBEAT_MS) return () => undefined;
      const timer = {};
      waiting.add(timer);
      const cancel = runtime.after(ms, () => {
        waiting.delete(timer);
        run();
      });
      return () => {
        waiting.delete(timer);
        cancel();
      };
    },
  };
}
