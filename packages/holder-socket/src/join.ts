import { connect } from 'node:net';
import {
  type Held,
  type HelloMessage,
  HolderConnection,
  type HolderLimits,
  type Joined,
} from '@mnemesh/holder';
import { hasCode, MnemeshError, type Runtime, randomFraction } from '@mnemesh/protocol';
import { MessagePipe } from './message-pipe.js';
import { problemOf, type SocketPlace } from './socket-place.js';

/** How a process comes by a holder where there is none. */
export type HolderSource<H> =
  | {
      /** Opens the replica in this process, and lets others use it. @throws MnemeshError `store_in_use` when somebody has it */
      readonly hold: () => Promise<H>;
    }
  | {
      /** Starts a process that holds it; done when one does, or this one found that another was first. */
      readonly start: () => Promise<void>;
    };

export interface JoinOptions<H> {
  readonly place: SocketPlace;
  readonly source: HolderSource<H>;
  readonly hello: HelloMessage;
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
}

/**
 * Attaches to the holder of a replica, or becomes it. Of several that try at once the lock of the
 * store lets one through; the others find its socket a moment later. A process that has the store and
 * lets nobody in is given up after a while.
 * @throws MnemeshError `store_in_use`, and what opening, starting or the holder refuses
 */
export async function join<H extends Held>(options: JoinOptions<H>): Promise<Joined<H>> {
  const { place, source, hello, runtime, limits } = options;
  const began = runtime.now();
  for (let look = limits.lookMs; ; look = Math.min(2 * look, limits.longestLookMs)) {
    const connection = await open(place, { hello, runtime, limits });
    if (connection !== undefined) return { kind: 'attached', connection };
    const tried = await attempt(source);
    if (tried.kind === 'held') return tried;
    // A holder that says nothing takes longer than the pauses.
    if (runtime.now() - began >= limits.joinMs) throw tried.problem;
    // Those who lost the same holder look at different moments.
    const pause = look * (0.5 + randomFraction(runtime));
    await new Promise<void>((resolve) => runtime.after(pause, resolve));
  }
}

/** @returns undefined when nobody is there who would answer */
async function open(
  { path, directory }: SocketPlace,
  options: Parameters<typeof HolderConnection.open>[1],
): Promise<HolderConnection | undefined> {
  const problem = directory === undefined ? undefined : problemOf(directory);
  if (problem !== undefined) throw new MnemeshError('not_permitted', problem);
  return HolderConnection.open((channel) => new MessagePipe(connect(path), channel), options);
}

async function attempt<H>(
  source: HolderSource<H>,
): Promise<{ readonly kind: 'held'; readonly held: H } | { kind: 'taken'; problem: MnemeshError }> {
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
