import { type MeshId, parseMeshId } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { Relay, type RelayLimits } from '@mnemesh/relay';
import { nodeSignatures } from '@mnemesh/runtime-node';
import {
  damageReplicaStore,
  openSimulatedUpdateLog,
  readReplicaStore,
  SeededRandom,
  SimulatedMachine,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '@mnemesh/testing';
import { onTestFinished } from 'vitest';
import type { SegmentPlace } from '../src/documents/segment-place.js';
import {
  type AgentIdentity,
  type AuthorKind,
  agentFromSeed,
  type Mesh,
  Replica,
  type ReplicaOptions,
  sessionOf,
  type Transport,
} from '../src/index.js';

export const TEAM: MeshId = parseMeshId('team');

/** Virtual time that anything may take before a test gives up on it. */
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 25;

export interface OpenOptions
  extends Partial<Omit<ReplicaOptions, 'mesh' | 'runtime' | 'signatures'>> {
  /** Keeps a link to the relay of this world. */
  readonly relay?: boolean;
  /** Lets others link to it. */
  readonly answers?: boolean;
  /** Links to these, which answer. */
  readonly dials?: readonly string[];
  /** Error of its wall clock, in milliseconds. */
  readonly skewMs?: number;
}

/** One session at a replica, with what only tests look at. */
export interface OpenReplica extends Mesh {
  readonly inner: Replica;
}

/**
 * Replicas, and a relay if need be, on simulated machines. Disks take no time, so what needs no
 * link needs no advancing; what does is awaited through `complete` or `eventually`.
 */
export class World {
  readonly time = new SimulatedTime();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly runtimes: SimulatedRuntimes;
  readonly #machines = new Map<string, SimulatedMachine>();

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork({
      time: this.time,
      random: this.random.fork('network'),
      delay: { minMs: 1, maxMs: 4, jitterMs: 1 },
    });
    this.runtimes = new SimulatedRuntimes(this.time, this.random.fork('runtimes'));
  }

  machine(name: string): SimulatedMachine {
    const { time, random, network, runtimes } = this;
    const known = this.#machines.get(name);
    const machine = known ?? new SimulatedMachine({ name, time, random, network, runtimes });
    this.#machines.set(name, machine);
    return machine;
  }

  /** Another machine, whose disk holds what this one's does. */
  copyMachine(name: string, copy: string): void {
    this.#machines.set(copy, this.machine(name).copy(copy));
  }

  /** Makes a logged update of a closed replica's disk unreadable. */
  damage(name: string, { guid }: Pick<SegmentPlace, 'guid'>): void {
    const { disk } = this.machine(name);
    const number = readReplicaStore(disk.image(), TEAM).document(guid)?.log.at(-1)?.number;
    if (number === undefined) throw new Error('Nothing of it is logged.');
    disk.restore(damageReplicaStore(disk.image(), TEAM, { guid, number }));
  }

  async serveRelay(
    limits: Partial<RelayLimits> = {},
    options: { readonly confirmClaims?: boolean } = {},
  ): Promise<Relay> {
    const machine = this.machine('relay');
    const runtime = machine.start();
    const log = await openSimulatedUpdateLog({ disk: machine.disk, runtime });
    const relay = new Relay({ log, runtime, signatures: nodeSignatures, limits, ...options });
    this.network.listen('relay', relay.accept);
    return relay;
  }

  /** Opens the replica of this name, with a session of the agent of the same name. */
  async open(name: string, options: OpenOptions = {}): Promise<OpenReplica> {
    const { relay, answers, dials = [], skewMs, ...rest } = options;
    const machine = this.machine(name);
    const runtime = machine.start(skewMs === undefined ? {} : { skewMs });
    const transports: Transport[] = dials.map((to) =>
      this.network.dial({ from: name, to, kind: 'peer', runtime }),
    );
    if (relay === true) transports.push(this.network.dial({ from: name, to: 'relay', runtime }));
    if (answers === true) transports.push(this.network.answer({ at: name }));
    const inner = await Replica.open({
      mesh: TEAM,
      store: simulatedReplicaStore({ disk: machine.disk, runtime, process: name }),
      transports,
      runtime,
      signatures: nodeSignatures,
      recall: lexicalRecall(),
      ...rest,
    });
    const session = sessionOf(inner, await this.agent(name));
    const close = async (): Promise<void> => {
      // After a crash there is nobody left to close.
      if (machine.runtime !== runtime) return;
      await this.complete(session.close());
      machine.stop();
    };
    onTestFinished(close);
    return Object.defineProperties({} as OpenReplica, {
      ...Object.getOwnPropertyDescriptors(session),
      inner: { value: inner },
      close: { value: close },
    });
  }

  /** A further session at this replica, of the agent of this name. */
  async session(
    replica: OpenReplica,
    name: string,
    kind?: AuthorKind,
    capabilities?: readonly string[],
  ): Promise<Mesh> {
    const agent = await this.agent(name, kind);
    return sessionOf(
      replica.inner,
      capabilities === undefined ? agent : { ...agent, capabilities },
    );
  }

  agent(name: string, kind?: AuthorKind): Promise<AgentIdentity> {
    const seed = this.random.fork(`key/${name}`).bytes(32);
    return agentFromSeed(nodeSignatures, name, seed, kind);
  }

  /** Up to which number of the relay's log this replica has read, by what its disk holds for certain. */
  savedCursor(name: string): number {
    const store = readReplicaStore(this.machine(name).disk.flushedImage(), TEAM);
    return store.syncState().cursor?.number ?? 0;
  }

  /** Does a replica's disk say that this document lost what is to be put back? */
  savedLacking(name: string, { guid }: Pick<SegmentPlace, 'guid'>): boolean {
    const store = readReplicaStore(this.machine(name).disk.flushedImage(), TEAM);
    return store.heads().some((head) => head.guid === guid && head.lacking);
  }

  /** Lets time pass until the promise settles. */
  complete<T>(promise: PromiseLike<T>): Promise<T> {
    return this.time.complete(Promise.resolve(promise), PATIENCE_MS);
  }

  /** Lets time pass until this holds. @throws Error when it never does */
  async eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
      if (await holds()) return;
      await this.time.advance(LOOK_EVERY_MS);
    }
    throw new Error(`After ${PATIENCE_MS} ms of virtual time it does not hold: ${what}.`);
  }

  /** Lets time pass until each of these is in step with all it is linked to, and nothing is planned any more. */
  async inStep(...replicas: readonly OpenReplica[]): Promise<void> {
    await this.eventually('every replica is in step', () =>
      replicas.every(({ status }) => status.synced),
    );
    // Sweeps and put-backs come within 4 s, and are synced like any other change.
    await this.time.advance(6_000);
    await this.eventually('every replica is in step again', () =>
      replicas.every(({ status }) => status.synced),
    );
  }
}
