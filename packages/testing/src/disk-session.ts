import type { DiskCall, DiskQueue } from './disk-queue.js';
import { SimulatedFile } from './simulated-file.js';

/** What all sessions of a disk share. */
export interface DiskDevice {
  readonly files: Map<string, SimulatedFile>;
  /** Process by locked file. */
  readonly locks: Map<string, string>;
  ignoresFlushes: boolean;
  /** Counts a call at this instant; throws when it is one of an endless loop. */
  readonly called: (name: string) => void;
}

/** One process's way to a disk, from its start to its end or to a crash. */
export class DiskSession {
  readonly process: string;
  readonly #device: DiskDevice;
  readonly #queue: DiskQueue;
  readonly #ended: () => void;
  readonly #ownLocks = new Set<string>();
  #closed = false;
  #dead = false;
  /** The latest call. Calls end in order, so when it has ended all have. */
  #latest: Promise<void> = Promise.resolve();

  /** @param ended called when it closed by itself */
  constructor(process: string, device: DiskDevice, queue: DiskQueue, ended: () => void) {
    this.process = process;
    this.#device = device;
    this.#queue = queue;
    this.#ended = ended;
  }

  /**
   * Takes a file for this session until it closes or dies, as an operating system's lock would.
   * @returns the process that holds it already, and then nothing has changed
   */
  lock(file: string): { readonly holder: string } | undefined {
    if (this.#dead) return undefined;
    const holder = this.#device.locks.get(file);
    if (holder !== undefined) return { holder };
    this.#device.locks.set(file, this.process);
    this.#ownLocks.add(file);
    return undefined;
  }

  /** For stores that answer from memory: counts what on a real disk would be a read. @throws Error in an endless loop */
  called(name: string): void {
    this.#device.called(name);
  }

  /** Names of all files, sorted. */
  files(): readonly string[] {
    return [...this.#device.files.keys()].sort();
  }

  /** The file's bytes; undefined when there is none. */
  async read(file: string): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined;
    await this.#run({
      name: `read ${file}`,
      finish: () => {
        bytes = this.#device.files.get(file)?.read();
      },
    });
    return bytes;
  }

  /** Adds to the end of a file, which comes to be with the first bytes. Not safe before a `flush`. */
  async append(file: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    let target: SimulatedFile | undefined;
    let before = 0;
    await this.#run({
      name: `append ${file}`,
      begin: () => {
        target = this.#device.files.get(file) ?? new SimulatedFile(new Uint8Array(0));
        this.#device.files.set(file, target);
        before = target.length;
        target.append(copy);
      },
      finish: () => {},
      // A short write: the caller cannot know how much of it is there.
      fail: () => target?.truncate(before + (copy.length >> 1)),
    });
  }

  /** Makes safe what was appended before this call began. */
  async flush(file: string): Promise<void> {
    let target: SimulatedFile | undefined;
    let through = 0;
    await this.#run({
      name: `flush ${file}`,
      begin: () => {
        target = this.#device.files.get(file);
        through = target?.length ?? 0;
      },
      finish: () => {
        if (!this.#device.ignoresFlushes) target?.flush(through);
      },
      fail: () => target?.failFlush(through),
    });
  }

  /** The whole file becomes these bytes, or stays as it was. */
  async replace(file: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    await this.#runWhole(`replace ${file}`, () => {
      this.#device.files.set(file, new SimulatedFile(copy));
    });
  }

  /** Cuts a file to its first `length` bytes. */
  async truncate(file: string, length: number): Promise<void> {
    await this.#runWhole(`truncate ${file}`, () => this.#device.files.get(file)?.truncate(length));
  }

  /** Removing a file that is not there changes nothing. */
  async remove(file: string): Promise<void> {
    await this.#runWhole(`remove ${file}`, () => this.#device.files.delete(file));
  }

  /** Releases the locks. Idempotent; calls under way are waited for. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#latest.catch(() => {});
    // The locks may be another process's by now.
    if (this.#dead) await new Promise(() => {});
    for (const file of this.#ownLocks) this.#device.locks.delete(file);
    this.#ended();
  }

  /** The disk calls this when the process is gone: nothing of it ever settles again. */
  die(): void {
    this.#dead = true;
  }

  /** A call that has happened wholly or not at all, whatever meets it. */
  async #runWhole(name: string, change: () => void): Promise<void> {
    await this.#run({
      name,
      finish: change,
      interrupt: (random) => {
        if (random.chance(0.5)) change();
      },
    });
  }

  async #run(call: DiskCall): Promise<void> {
    this.called(call.name);
    if (this.#closed) throw new Error(`${call.name}: this session is closed.`);
    const running = this.#queue.run(call);
    this.#latest = running;
    await running;
  }
}
