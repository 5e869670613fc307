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
import { Holder } from '@mnemesh/holder';
import type { Signatures } from '@mnemesh/protocol';
import type { SeededRandom } from '../seeded-random.js';
import type { SimulatedMachine } from '../simulated-machine.js';
import type { SimulatedNetwork } from '../simulated-network.js';
import { simulatedReplicaStore } from '../simulated-replica-store.js';
import type { SimulatedRuntimes } from '../simulated-runtime.js';
import { MESH } from './mesh-name.js';
import { type Model, SeenTokens } from './model.js';
import { Tab } from './tab.js';

/** Small enough that a run of some hundred steps fills, folds and unloads segments. */
export const SMALL_SEGMENTS: Partial<SegmentLimits> = {
  loggedUpdates: 6,
  records: 12,
  bytes: 8_000,
  loaded: 2,
  sweepDelayMs: 500,
};

/** Sessions of a device at one time: of a further one the oldest is closed. */
const SESSIONS = 3;

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
  /** Its sessions go through whoever holds the replica, and outlive that one. */
  readonly shared: boolean;
  readonly runtimes: SimulatedRuntimes;
  readonly reach: NonNullable<ReplicaOptions['subscription']>['reach'];
}

/** One session of one agent at a device, and what it has been shown. */
export interface DeviceSession {
  readonly number: number;
  readonly mesh: Mesh;
  readonly seen: SeenTokens;
  /** On a shared device. */
  readonly tab?: Tab;
}

/** One user's device: a machine, and the replica that runs on it now, if one does. */
export class Device {
  readonly name: string;
  readonly machine: SimulatedMachine;
  readonly #options: DeviceOptions;
  #replica: Replica | undefined;
  #holder: Holder | undefined;
  #sessions: DeviceSession[] = [];
  static #sessionNumbers = 0;

  constructor(options: DeviceOptions) {
    this.name = options.name;
    this.machine = options.machine;
    this.#options = options;
    this.machine.onCrash(() => {
      this.#replica = undefined;
      this.#holder = undefined;
      if (!options.shared) this.#sessions = [];
      for (const { tab } of this.#sessions) tab?.cut();
    });
  }

  get replica(): Replica | undefined {
    return this.#replica;
  }

  get sessions(): readonly DeviceSession[] {
    return this.#sessions;
  }

  get shared(): boolean {
    return this.#options.shared;
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
    if (this.#options.shared)
      this.#holder = new Holder({
        replica,
        pid: 0,
        agentNamed: (name) => this.#agentNamed(name),
        runtime,
      });
    await this.addSession();
  }

  async addSession(): Promise<void> {
    const replica = this.#replica;
    if (replica === undefined) return;
    const agent = await this.#agentNamed(`${this.name}-${this.#options.random.int(2)}`);
    const number = ++Device.#sessionNumbers;
    const seen = new SeenTokens(this.#options.model);
    if (this.#options.shared) {
      const tab = await this.#openTab(agent, number);
      await this.#keep({ number, seen, mesh: tab.mesh, tab });
    } else await this.#keep({ number, seen, mesh: sessionOf(replica, agent) });
  }

  /** Ends the process in order. */
  async stop(): Promise<void> {
    const [replica, holder] = [this.#replica, this.#holder];
    this.#replica = undefined;
    this.#holder = undefined;
    if (!this.#options.shared) this.#sessions = [];
    await holder?.close();
    await replica?.close();
    this.machine.stop();
  }

  /** Every process of the device ends: those that share the replica, too. */
  killTabs(): void {
    for (const { tab } of this.#sessions.splice(0)) tab?.kill();
  }

  /** Ends the sessions that would outlive the process. */
  async closeTabs(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map(({ tab }) => tab?.close()));
  }

  async #keep(session: DeviceSession): Promise<void> {
    this.#sessions.push(session);
    await session.mesh.presence.set({ status: `${session.number}` });
    if (this.#sessions.length <= SESSIONS) return;
    const oldest = this.#sessions.shift();
    await oldest?.mesh.presence.leave();
    await oldest?.tab?.close();
  }

  #openTab(agent: AgentIdentity, number: number): Promise<Tab> {
    return Tab.open({
      mesh: MESH,
      agent,
      runtime: this.#options.runtimes.start(`${this.name}/tab${number}`),
      holder: () => this.#holder,
    });
  }

  /** Agents have keys that outlive every crash. */
  #agentNamed(name: string): Promise<AgentIdentity> {
    const number = name.slice(this.name.length + 1);
    const seed = this.#options.random.fork(`agent/${this.name}/${number}`).bytes(32);
    return agentFromSeed(this.#options.signatures, name, seed);
  }
}
