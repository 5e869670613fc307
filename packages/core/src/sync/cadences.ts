import {
  MnemeshError,
  matchesAny,
  type Namespace,
  type NamespaceGlob,
  parseGlob,
} from '@mnemesh/protocol';
import { syncLimits } from './sync-limits.js';

/**
 * How soon what is written here goes out. `batched`: what is written within half a minute goes together.
 * `{ everyMs }`: it goes at most so often. The first write after a pause, or after a link came up, goes at once in
 * any case, and so does everything when somebody waits for `mesh.acked()`.
 */
export type Cadence = 'immediate' | 'batched' | { readonly everyMs: number };

/** What a person or a device prefers; what is left out stays as it was. What is received comes when it comes. */
export interface SyncPreferences {
  /** By namespace or glob (`agents/**`); the first that matches holds. `immediate` where none does. */
  readonly cadence?: Readonly<Record<string, Cadence>>;
  /** The connection costs money, or the battery is low: nothing goes more often than `batched`. */
  readonly sparing?: boolean;
  /** Whether `sparing` is heeded, whoever says it: a page does by itself. Default true. */
  readonly heedsSparing?: boolean;
}

/** The preferences of one replica, as delays. */
export class Cadences {
  #rules: readonly { readonly globs: readonly NamespaceGlob[]; readonly everyMs: number }[] = [];
  #sparing = false;
  #heedsSparing = true;

  /** @throws MnemeshError `bad_input` */
  set({ cadence, sparing, heedsSparing }: SyncPreferences): void {
    if (cadence !== undefined)
      this.#rules = Object.entries(cadence).map(([glob, choice]) => ({
        globs: [parseGlob(glob)],
        everyMs: millisecondsOf(choice),
      }));
    this.#sparing = sparing ?? this.#sparing;
    this.#heedsSparing = heedsSparing ?? this.#heedsSparing;
  }

  /** Milliseconds from one push of this namespace to the next, at least. */
  everyMs(namespace: Namespace): number {
    const rule = this.#rules.find(({ globs }) => matchesAny(globs, namespace));
    const leastMs = this.#sparing && this.#heedsSparing ? syncLimits.batchedMs : 0;
    return Math.max(leastMs, rule?.everyMs ?? 0);
  }
}

function millisecondsOf(cadence: Cadence): number {
  if (cadence === 'immediate') return 0;
  if (cadence === 'batched') return syncLimits.batchedMs;
  const { everyMs } = cadence ?? {};
  if (Number.isFinite(everyMs) && everyMs >= 0 && everyMs <= syncLimits.cadenceMs) return everyMs;
  throw new MnemeshError(
    'bad_input',
    `A cadence is "immediate", "batched", or { everyMs } of at most ${syncLimits.cadenceMs} ms.`,
  );
}
