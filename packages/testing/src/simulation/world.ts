import type { Signatures } from '@mnemesh/protocol';
import { SeededRandom } from '../seeded-random.js';
import type { DiskImage } from '../simulated-disk.js';
import { SimulatedMachine } from '../simulated-machine.js';
import { SimulatedNetwork } from '../simulated-network.js';
import { SimulatedRuntimes } from '../simulated-runtime.js';
import { SimulatedTime } from '../simulated-time.js';
import { Device } from './device.js';
import { Model } from './model.js';
import { Oracle } from './oracle.js';
import { PurgedNotes } from './purged-notes.js';
import { RelayHost } from './relay-host.js';
import { Stranger } from './stranger.js';

/** How the second device with a copied store is named after the first. */
export const COPY = '-copy';

/** Part of the worlds in which replicas have nobody but each other. */
const WITHOUT_RELAY = 0.15;

/** Part of the devices on which several tabs, or processes, share one replica. */
const SHARED = 0.35;

/** A store as it was at some moment. */
export interface Backup {
  readonly image: DiskImage;
  readonly at: number;
}

/** 2 to 6 devices, a relay in most worlds, the network between them, and what their users were promised. */
export class World {
  readonly random: SeededRandom;
  readonly time: SimulatedTime;
  readonly network: SimulatedNetwork;
  readonly runtimes: SimulatedRuntimes;
  readonly model = new Model();
  readonly devices: Device[] = [];
  /** In a world without one it is never started. */
  readonly relay: RelayHost;
  readonly hasRelay: boolean;
  readonly stranger: Stranger;
  readonly notes: PurgedNotes;
  readonly oracle: Oracle;
  readonly backups = new Map<string, Backup>();
  /** Tokens that a stranger signed anew: their values may stand again, in its name. */
  readonly stolen = new Set<string>();
  readonly #signatures: Signatures;

  constructor(seed: number, signatures: Signatures) {
    this.random = new SeededRandom(seed);
    this.time = new SimulatedTime();
    this.network = new SimulatedNetwork({
      time: this.time,
      random: this.random.fork('network'),
      delay: { minMs: 1, maxMs: 40, jitterMs: 10 },
    });
    this.runtimes = new SimulatedRuntimes(this.time, this.random.fork('runtimes'));
    this.#signatures = signatures;
    this.relay = new RelayHost(this.#machine('relay'), this.network, signatures);
    this.stranger = new Stranger(
      this.network,
      this.runtimes,
      this.random.fork('stranger'),
      signatures,
    );
    this.oracle = new Oracle(this);
    this.notes = new PurgedNotes(this);
    this.#watch(this.relay.machine, () => this.oracle.relayCrashed());
    const count = this.random.between(2, 6);
    this.hasRelay = !this.random.fork('links').chance(WITHOUT_RELAY);
    const peers = this.random.chance(0.6) || !this.hasRelay;
    for (let i = 0; i < count; i++) {
      const name = `device${i}`;
      this.#add(
        name,
        this.#machine(name),
        peers ? this.devices.map((device) => device.name) : [],
        peers,
      );
    }
  }

  get up(): readonly Device[] {
    return this.devices.filter((device) => device.runs);
  }

  async start(): Promise<void> {
    if (this.hasRelay) await this.time.complete(this.relay.start());
    for (const device of this.devices) await this.time.complete(device.start(this.skew()));
  }

  /** Error of a device's clock, up to a minute either way. */
  skew(): number {
    return this.random.between(-60_000, 60_000);
  }

  /** A second device with a copy of this one's store, and the same agents' keys. */
  copyOf(device: Device): Device {
    const name = device.name + COPY;
    return this.#addLate(name, device.machine.copy(name));
  }

  /** A device that has never been here. */
  newcomer(): Device {
    const name = `newcomer${this.devices.length}`;
    return this.#addLate(name, this.#machine(name));
  }

  /** It links to the relay; where there is none, to everybody. */
  #addLate(name: string, machine: SimulatedMachine): Device {
    const others = this.devices.map((device) => device.name);
    return this.#add(name, machine, this.hasRelay ? [] : others, !this.hasRelay);
  }

  #add(
    name: string,
    machine: SimulatedMachine,
    dials: readonly string[],
    answers: boolean,
  ): Device {
    const device = new Device({
      name,
      machine,
      network: this.network,
      model: this.model,
      random: this.random.fork(`device/${name}`),
      signatures: this.#signatures,
      relay: this.hasRelay,
      shared: this.random.fork(`sharing/${name}`).chance(SHARED),
      runtimes: this.runtimes,
      dials,
      answers,
      reach: 'all',
    });
    this.devices.push(device);
    this.#watch(machine, () => this.oracle.deviceCrashed(device));
    return device;
  }

  #machine(name: string): SimulatedMachine {
    const { time, random, network, runtimes } = this;
    return new SimulatedMachine({
      name,
      time,
      random,
      network,
      runtimes,
      latency: { minMs: 0, maxMs: 6 },
    });
  }

  #watch(machine: SimulatedMachine, look: () => void): void {
    machine.onCrash(() => {
      try {
        look();
      } catch (error) {
        this.time.defect(error);
      }
    });
  }
}
