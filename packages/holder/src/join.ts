import { hasCode, MnemeshError, type Runtime, randomFraction } from '@mnemesh/protocol';
import { HolderConnection } from './holder-connection.js';
import type { HolderLimits } from './holder-limits.js';
import type { HelloMessage } from './messages.js';
import type { SocketPlace } from './socket-place.js';

/** How a process comes by a holder where there is none. */
export type HolderSource<Held> =
  | {
      /** Opens the replica in this process, and lets others use it. @throws MnemeshError `store_in_use` when somebody has it */
      readonly hold: () => Promise<Held>;
    }
  | {
      /** Starts a process that holds it; done when one does, or this one found that another was first. */
      readonly start: () => Promise<void>;
    };

export interface JoinOptions<Held> {
  readonly place: SocketPlace;
  readonly source: HolderSource<Held>;
  readonly hello: HelloMessage;
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
}

export type Joined<Held> =
  | { readonly kind: 'attached'; readonly connection: HolderConnection }
  | { readonly kind: 'held'; readonly held: Held };

/**
 * Attaches to the holder of a replica, or becomes it. Of several that try at once the lock of the
 * store lets one through; the others find its socket a moment later. A process that has the store and
 * lets nobody in is given up after a while.
 * @throws MnemeshError `store_in_use`, and what opening, starting or the holder refuses
 */
export async function join<Held>(options: JoinOptions<Held>): Promise<Joined<Held>> {
  const { place, source, hello, runtime, limits } = options;
  let waited = 0;
  for (let look = limits.lookMs; ; look = Math.min(2 * look, limits.longestLookMs)) {
    const connection = await HolderConnection.open({ place, hello, runtime, limits });
    if (connection !== undefined) return { kind: 'attached', connection };
    const tried = await attempt(source);
    if (tried.kind === 'held') return tried;
    if (waited >= limits.joinMs) throw tried.problem;
    // Those who lost the same holder look at different moments.
    const pause = look * (0.5 + randomFraction(runtime));
    await new Promise<void>((resolve) => runtime.after(pause, resolve));
    waited += pause;
  }
}

async function attempt<Held>(
  source: HolderSource<Held>,
): Promise<
  { readonly kind: 'held'; readonly held: Held } | { kind: 'taken'; problem: MnemeshError }
> {
  try {
    if ('hold' in source) return { kind: 'held', held: await source.hold() };
    await source.start();
    return { kind: 'taken', problem: nobodyAnswers() };
  } catch (error) {
    if (!hasCode(error, 'store_in_use')) throw error;
    return { kind: 'taken', problem: error };
  }
}

function nobodyAnswers(): MnemeshError {
  return new MnemeshError(
    'store_in_use',
    'A process that should hold this replica was started and does not answer. Look at its log in the data directory, under hold.',
    { retryable: true },
  );
}
