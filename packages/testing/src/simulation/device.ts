import {
  type AgentIdentity,
  agentFromSeed,
  type Mesh,
  Replica,
  type ReplicaOptions,
  type SegmentLimits,
  sessionOf,
  type Transport,
} from '@mnemesh/core';
import type { Signatures } from '@mnemesh/protocol';
import type { SeededRandom } from '../seeded-random.js';
import type { SimulatedMachine } from '../simulated-machine.js';
import type { SimulatedNetwork } from '../simulated-network.js';
import { simulatedReplicaStore } from '../simulated-replica-store.js';
import { type Model, SeenTokens } from './model.js';

/** Small enough that a run of some hundred steps fills, folds and unloads segments. */
export const SMALL_SEGMENTS: Partial<SegmentLimits> = {
  loggedUpdates: 6,
  records: 12,
  bytes: 8_000,
  loaded: 2,
  sweepDelayMs: 500,
};

export interface DeviceOptions {
  readonly name: string;
  readonly machine: SimulatedMachine;
  readonly network: SimulatedNetwork;
  readonly model: Model;
  readonly random: SeededRandom;
  readonly signatures: Signatures;
  /** False in a world that has no relay. */
  readonly relay: boolean;
  /** Devices this one links to directly, and those that link to it. */
  readonly dials: readonly string[];
  readonly answers: boolean;
  readonly reach: NonNullable<ReplicaOptions['subscription']>['reach'];
}

/** One session of one agent at a device, and what it has been shown. */
export interface DeviceSession {
  readonly number: number;
  readonly mesh: Mesh;
  readonly seen: SeenTokens;
}

/** One user's device: a machine, and the replica that runs on it now, if one does. */
export class Device {
  readonly name: string;
  readonly machine: SimulatedMachine;
  readonly #options: DeviceOptions;
  #replica: Replica | undefined;
  #sessions: DeviceSession[] = [];
  static #sessionNumbers = 0;

  constructor(options: DeviceOptions) {
    this.name = options.name;
    this.machine = options.machine;
    this.#options = options;
    this.machine.onCrash(() => {
      this.#replica = undefined;
      this.#sessions = [];
    });
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  get sessions(): readonly DeviceSession[] {
    return this.#sessions;
  }

  get runs(): boolean {
    return this.#replica !== undefined;
  }

  /** Starts the process and opens the replica. A crash on the way leaves the device down. */
  async start(skewMs: number): Promise<void> {
    const runtime = this.machine.start({ skewMs });
    const { signatures, network, relay, dials, answers, reach } = this.#options;
    const dial = (to: string, kind: 'relay' | 'peer'): Transport =>
      network.dial({ from: this.name, to, runtime, kind });
    const replica = await Replica.open({
      mesh: 'team',
      store: simulatedReplicaStore({ disk: this.machine.disk, runtime, process: this.name }),
      transports: [
        ...(relay ? [dial('relay', 'relay')] : []),
        ...dials.map((peer) => dial(peer, 'peer')),
        ...(answers ? [network.answer({ at: this.name, kind: 'peer' })] : []),
      ],
      runtime,
      signatures,
      limits: SMALL_SEGMENTS,
      ...(reach === undefined ? {} : { subscription: { reach } }),
    });
    if (this.machine.runtime !== runtime) return;
    this.#replica = replica;
    await this.addSession();
  }

  async addSession(): Promise<void> {
    const replica = this.#replica;
    if (replica === undefined) return;
    const agent = await this.#agent(this.#options.random.int(2));
    const session: DeviceSession = {
      number: ++Device.#sessionNumbers,
      mesh: sessionOf(replica, agent),
      seen: new SeenTokens(this.#options.model),
    };
    this.#sessions.push(session);
    await session.mesh.presence.set({ status: `${session.number}` });
    if (this.#sessions.length > 3) await this.#sessions.shift()?.mesh.presence.leave();
  }

  /** Ends the process in order. */
  async stop(): Promise<void> {
    const replica = this.#replica;
    this.#replica = undefined;
    this.#sessions = [];
    await replica?.close();
    this.machine.stop();
  }

  /** Agents have keys that outlive every crash. */
  #agent(number: number): Promise<AgentIdentity> {
    const seed = this.#options.random.fork(`agent/${this.name}/${number}`).bytes(32);
    return agentFromSeed(this.#options.signatures, `${this.name}-${number}`, seed);
  }
}
