import type { DiskCall, DiskQueue } from './disk-queue.js';
import { SimulatedFile } from './simulated-file.js';

/** One process's way to a disk, from its start to its end or to a crash. */
export class DiskSession {
  readonly process: string;
  readonly #files: Map<string, SimulatedFile>;
  readonly #locks: Map<string, string>;
  readonly #queue: DiskQueue;
  readonly #ended: () => void;
  readonly #ownLocks = new Set<string>();
  #closed = false;
  #dead = false;
  /** The latest call. Calls end in order, so when it has ended all have. */
  #latest: Promise<void> = Promise.resolve();

  constructor(
    process: string,
    files: Map<string, SimulatedFile>,
    locks: Map<string, string>,
    queue: DiskQueue,
    ended: () => void,
  ) {
    this.process = process;
    this.#files = files;
    this.#locks = locks;
    this.#queue = queue;
    this.#ended = ended;
  }

  /**
   * Takes a file for this session until it closes or dies, as an operating system's lock would.
   * @returns the process that holds it already, and then nothing has changed
   */
  lock(file: string): { readonly holder: string } | undefined {
    if (this.#dead) return undefined;
    const holder = this.#locks.get(file);
    if (holder !== undefined) return { holder };
    this.#locks.set(file, this.process);
    this.#ownLocks.add(file);
    return undefined;
  }

  /** Names of all files, sorted. */
  files(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  /** The file's bytes; undefined when there is none. */
  async read(file: string): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined;
    await this.#run({
      name: `read ${file}`,
      finish: () => {
        bytes = this.#files.get(file)?.read();
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
        target = this.#files.get(file) ?? new SimulatedFile(new Uint8Array(0));
        this.#files.set(file, target);
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
        target = this.#files.get(file);
        through = target?.length ?? 0;
      },
      finish: () => target?.flush(through),
      fail: () => target?.failFlush(through),
    });
  }

  /** The whole file becomes these bytes, or stays as it was. */
  async replace(file: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    await this.#runWhole(`replace ${file}`, () => {
      this.#files.set(file, new SimulatedFile(copy));
    });
  }

  /** Cuts a file to its first `length` bytes. */
  async truncate(file: string, length: number): Promise<void> {
    await this.#runWhole(`truncate ${file}`, () => this.#files.get(file)?.truncate(length));
  }

  /** Removing a file that is not there changes nothing. */
  async remove(file: string): Promise<void> {
    await this.#runWhole(`remove ${file}`, () => this.#files.delete(file));
  }

  /** Releases the locks. Idempotent; calls under way are waited for. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#latest.catch(() => {});
    // The locks may be another process's by now.
    if (this.#dead) await new Promise(() => {});
    for (const file of this.#ownLocks) this.#locks.delete(file);
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
    if (this.#closed) throw new Error(`${call.name}: this session is closed.`);
    const running = this.#queue.run(call);
    this.#latest = running;
    await running;
  }
}
