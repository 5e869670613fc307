import { type CrashKind, type DiskFault, type DiskLatency, DiskQueue } from './disk-queue.js';
import { type DiskDevice, DiskSession } from './disk-session.js';
import type { SeededRandom } from './seeded-random.js';
import { SimulatedFile } from './simulated-file.js';
import type { SimulatedTime } from './simulated-time.js';

/** Everything on a disk: bytes by file name. A plain value, to keep as a backup or to put on another disk. */
export type DiskImage = ReadonlyMap<string, Uint8Array>;

export interface DiskOptions {
  readonly name: string;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly latency?: DiskLatency;
  readonly image?: DiskImage;
}

/**
 * One device's disk: named files of bytes that are written, flushed, and lost.
 *
 * - A process works through a session (`open`). Its calls are carried out one after the other, each
 *   after the disk's latency, so there are moments when bytes are written and not yet flushed.
 * - `append` is seen by readers at once and safe after a `flush` that began later has resolved.
 *   `replace` (write aside, flush, rename), `truncate` and `remove` are whole and safe when they
 *   resolve; a crash while one is under way leaves the old or the new, never a mixture.
 * - `crash` ends every session: its calls neither take effect nor ever resolve. That is what a dead
 *   process sees, so kill its runtime and links in the same moment (`onCrash`).
 */
export class SimulatedDisk {
  readonly name: string;
  latency: DiskLatency;
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #device: DiskDevice;
  readonly #sessions = new Set<DiskSession>();
  readonly #crashListeners = new Set<(kind: CrashKind) => void>();
  #copies = 0;
  #queue: DiskQueue;

  constructor(options: DiskOptions) {
    this.name = options.name;
    this.latency = options.latency ?? { minMs: 0, maxMs: 0 };
    this.#time = options.time;
    this.#random = options.random;
    this.#device = {
      files: new Map(),
      locks: new Map(),
      ignoresFlushes: false,
      called: (name) => options.time.call(`${name} on ${options.name}`),
    };
    this.#queue = this.#freshQueue(0);
    if (options.image !== undefined) this.restore(options.image);
  }

  /** Calls begun since the world began: run once to learn how many, then fail each in turn. */
  get calls(): number {
    return this.#queue.calls;
  }

  /** True while a process has a session. */
  get inUse(): boolean {
    return this.#sessions.size > 0;
  }

  /** @param process named to others who find a file locked */
  open(process: string): DiskSession {
    const session: DiskSession = new DiskSession(process, this.#device, this.#queue, () =>
      this.#sessions.delete(session),
    );
    this.#sessions.add(session);
    return session;
  }

  /** True for a disk that says it flushed and did not: to prove that a run would notice. */
  get ignoresFlushes(): boolean {
    return this.#device.ignoresFlushes;
  }

  set ignoresFlushes(ignores: boolean) {
    this.#device.ignoresFlushes = ignores;
  }

  /** The `count`-th call from now (1 is the next) meets this fault. Later ones may be planned beside it. */
  planFault(count: number, fault: DiskFault): void {
    this.#queue.plan(count, fault);
  }

  /** Planned faults that have not struck yet are forgotten. */
  clearFaults(): void {
    this.#queue.clearPlans();
  }

  /** Told in the moment of every crash, before anybody else can act. @returns stops it */
  onCrash(listener: (kind: CrashKind) => void): () => void {
    this.#crashListeners.add(listener);
    return () => this.#crashListeners.delete(listener);
  }

  /** Ends every session, and with `power` loses a random part of what was not flushed. */
  crash(kind: CrashKind): void {
    const queue = this.#queue;
    queue.abandon(this.#random);
    for (const session of this.#sessions) session.die();
    this.#sessions.clear();
    this.#device.locks.clear();
    if (kind === 'power') {
      for (const name of [...this.#device.files.keys()].sort())
        this.#device.files.get(name)?.tear(this.#random);
    }
    this.#queue = this.#freshQueue(queue.calls);
    for (const listener of [...this.#crashListeners]) listener(kind);
  }

  /** What a reader sees now: what a backup taken this moment contains. */
  image(): DiskImage {
    return this.#imageOf((file) => file.read());
  }

  /** What is certain to be there after any crash. An oracle reads it before the store is opened again. */
  flushedImage(): DiskImage {
    return this.#imageOf((file) => file.readFlushed());
  }

  /** Puts an older or another disk's content here. @throws Error while a process uses this disk */
  restore(image: DiskImage): void {
    if (this.inUse)
      throw new Error(`Disk ${this.name} is in use: crash or close its process first.`);
    this.#device.files.clear();
    for (const [name, bytes] of image) this.#device.files.set(name, new SimulatedFile(bytes));
  }

  /** A second device with the same content, as it is after copying a directory. */
  copy(name: string): SimulatedDisk {
    return new SimulatedDisk({
      name,
      time: this.#time,
      random: this.#random.fork(`copy/${this.#copies++}/${name}`),
      latency: this.latency,
      image: this.image(),
    });
  }

  #imageOf(read: (file: SimulatedFile) => Uint8Array): DiskImage {
    const names = [...this.#device.files.keys()].sort();
    return new Map(
      names.map((name) => [name, read(this.#device.files.get(name) as SimulatedFile)]),
    );
  }

  #freshQueue(calls: number): DiskQueue {
    return new DiskQueue({
      calls,
      time: this.#time,
      random: this.#random,
      latency: () => this.latency,
      crash: (kind) => this.crash(kind),
    });
  }
}
