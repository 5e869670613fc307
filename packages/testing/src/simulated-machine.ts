import type { CrashKind, DiskLatency } from './disk-queue.js';
import type { SeededRandom } from './seeded-random.js';
import { type DiskImage, SimulatedDisk } from './simulated-disk.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { SimulatedRuntime, SimulatedRuntimes } from './simulated-runtime.js';
import type { SimulatedTime } from './simulated-time.js';

export interface MachineOptions {
  /** Its name on the network, of its disk and of its process. */
  readonly name: string;
  readonly time: SimulatedTime;
  /** Of the whole world: the machine takes forks that bear its name. */
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly runtimes: SimulatedRuntimes;
  readonly latency?: DiskLatency;
  readonly image?: DiskImage;
}

/**
 * One device with one process on it: what has to end in the same moment when it crashes. A planned
 * fault of its disk (`disk.planFault(n, 'power')`) crashes all of it, too.
 */
export class SimulatedMachine {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly #options: MachineOptions;
  readonly #crashListeners = new Set<(kind: CrashKind) => void>();
  #runtime: SimulatedRuntime | undefined;

  constructor(options: MachineOptions) {
    const { name, time, random, latency, image } = options;
    this.name = name;
    this.#options = options;
    this.disk = new SimulatedDisk({
      name,
      time,
      random: random.fork(`disk/${name}`),
      ...(latency === undefined ? {} : { latency }),
      ...(image === undefined ? {} : { image }),
    });
    this.disk.onCrash((kind) => this.#crashed(kind));
  }

  /** Of the process that runs now, if one does. */
  get runtime(): SimulatedRuntime | undefined {
    return this.#runtime;
  }

  /** Starts the process. What it opens takes this runtime. @throws Error while another one runs */
  start(options: { readonly skewMs?: number } = {}): SimulatedRuntime {
    if (this.#runtime !== undefined) throw new Error(`${this.name} runs: crash or stop it first.`);
    this.#runtime = this.#options.runtimes.start(this.name, options);
    return this.#runtime;
  }

  /** The process has ended by itself: everything it opened is closed. @throws Error when something is left */
  stop(): void {
    const timers = this.#runtime?.waiting ?? 0;
    if (timers > 0) throw new Error(`${this.name} stopped and left ${timers} timers behind.`);
    if (this.disk.inUse) throw new Error(`${this.name} stopped and left its disk in use.`);
    this.#runtime?.kill();
    this.#runtime = undefined;
  }

  /** Ends the process in this moment: timers, links, disk calls. Nothing it awaits ever resolves. */
  crash(kind: CrashKind): void {
    this.disk.crash(kind);
  }

  /** Told of every crash when the machine is dead and before anything else happens. @returns stops it */
  onCrash(listener: (kind: CrashKind) => void): () => void {
    this.#crashListeners.add(listener);
    return () => this.#crashListeners.delete(listener);
  }

  /** Another device with the same disk content, not running: a copied store. */
  copy(name: string): SimulatedMachine {
    const { latency } = this.disk;
    return new SimulatedMachine({ ...this.#options, name, latency, image: this.disk.image() });
  }

  #crashed(kind: CrashKind): void {
    this.#runtime?.kill();
    this.#runtime = undefined;
    this.#options.network.kill(this.name);
    for (const listener of [...this.#crashListeners]) listener(kind);
  }
}
