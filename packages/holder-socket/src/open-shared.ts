import {
  type AgentIdentity,
  type Mesh,
  type MeshStatus,
  type Replica,
  sessionOf,
} from '@mnemesh/core';
import {
  AttachedClient,
  attachedMesh,
  type Held,
  type HelloMessage,
  type HolderLimits,
  holderLimits,
  type Joined,
} from '@mnemesh/holder';
import { MnemeshError, parseMeshId, type Runtime } from '@mnemesh/protocol';
import { type HolderSource, join } from './join.js';
import { SocketHolder } from './socket-holder.js';
import { type SocketPlace, socketPlace } from './socket-place.js';

export interface SharedOptions {
  readonly mesh: string;
  /** The agent to act as. */
  readonly agent: AgentIdentity;
  /** Where keys and replicas are kept; it says where the holder listens, too. */
  readonly data: string;
  readonly relay?: string | undefined;
  /** Opens the replica in this process. @throws MnemeshError `store_in_use` when another one has it */
  openReplica(): Promise<Replica>;
  /** Starts a process that holds the replica; without it, this process holds it if nobody does. */
  readonly startHolder?: () => Promise<void>;
  /** The agent of this name, with its key, for guests. */
  agentNamed(name: string): Promise<AgentIdentity>;
  readonly runtime: Runtime;
  readonly version?: string;
  readonly limits?: Partial<HolderLimits>;
}

/**
 * Opens a replica that processes of this device share: in this process if it is the first, through
 * the one that holds it otherwise. When the holder goes, however it goes, another takes its place.
 * @throws MnemeshError `store_in_use` when a process has it that lets nobody in; what opening throws
 */
export async function openShared(options: SharedOptions): Promise<Mesh> {
  const place = socketPlace(options.data, options.mesh);
  const limits = { ...holderLimits, ...options.limits };
  const { runtime, relay, startHolder } = options;
  const hold = (): Promise<HeldReplica> => holdReplica(options, place);
  const source: HolderSource<HeldReplica> =
    startHolder === undefined ? { hold } : { start: startHolder };
  const joinWith = (hello: HelloMessage): Promise<Joined<HeldReplica>> =>
    join({ place, source, hello, runtime, limits });
  const client = new AttachedClient({
    mesh: options.mesh,
    agent: options.agent.name,
    relay,
    join: joinWith,
    runtime,
    limits,
  });
  const joined = await joinWith(client.hello());
  if (joined.kind === 'held') return heldMesh(joined.held, options.agent);
  const { welcome } = joined.connection;
  if (welcome.agent !== options.agent.id) {
    joined.connection.close();
    throw new MnemeshError(
      'not_permitted',
      `Process ${welcome.pid} holds this replica and has another key for ${options.agent.name}. Use the same data directory.`,
    );
  }
  client.begin(joined.connection);
  return attachedMesh(parseMeshId(options.mesh), options.agent, client);
}

export interface HeldReplica extends Held {
  readonly replica: Replica;
  readonly holder: SocketHolder;
}

/**
 * Opens the replica and lets others use it. Once its store failed it is given up as soon as there are guests: one of
 * them opens the store anew, and they all write again. Without any, what was saved stays readable here.
 * @throws MnemeshError `store_in_use`, and what opening throws
 */
export async function holdReplica(
  { openReplica, agentNamed, runtime, relay, version, limits }: Omit<SharedOptions, 'agent'>,
  place: SocketPlace,
  onGuests?: (guests: number) => void,
): Promise<HeldReplica> {
  const replica = await openReplica();
  let held: HeldReplica | undefined;
  const giveUpForGuests = ({ storeError }: MeshStatus): void => {
    if (held === undefined || storeError === undefined || held.holder.guests === 0) return;
    runtime.log('error', 'the store failed, and is given up for the next holder', { storeError });
    held.close().catch((error: unknown) => {
      runtime.log('error', 'a store that failed was not given up', { error: String(error) });
    });
  };
  try {
    const holder = await SocketHolder.listen(place, {
      replica,
      pid: process.pid,
      agentNamed,
      runtime,
      relay,
      ...(version === undefined ? {} : { version }),
      ...(limits === undefined ? {} : { limits }),
      onGuests: (guests) => {
        onGuests?.(guests);
        giveUpForGuests(replica.status);
      },
    });
    const stop = replica.onStatus(giveUpForGuests);
    let closing: Promise<void> | undefined;
    // Guests are answered before the store they write to is closed.
    const close = async (): Promise<void> => {
      stop();
      await holder.close();
      await replica.close();
    };
    held = {
      replica,
      holder,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
    return held;
  } catch (error) {
    await replica.close();
    throw error;
  }
}

/** The holder's own session: nothing lies between it and the replica. */
function heldMesh(held: HeldReplica, agent: AgentIdentity): Mesh {
  const mesh = sessionOf(held.replica, agent);
  return Object.defineProperty(mesh, 'close', { value: () => held.close(), enumerable: true });
}
