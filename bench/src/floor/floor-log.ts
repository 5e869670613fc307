import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';

/** Bytes of the length before each update. */
const LENGTH_BYTES = 4;

/** One file of updates. Appends of the same turn share one write and one flush. */
export class FloorLog {
  readonly #path: string;
  #waiting: Uint8Array[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  append(update: Uint8Array): void {
    this.#waiting.push(update);
    if (this.#waiting.length === 1) void this.#then(() => this.#flush());
  }

  async read(): Promise<readonly Uint8Array[]> {
    await this.saved();
    return split(await readFile(this.#path).catch(() => Buffer.alloc(0)));
  }

  /** Puts one update in place of the first `count` ones. */
  replace(update: Uint8Array, count: number): Promise<void> {
    return this.#then(async () => {
      const later = split(await readFile(this.#path)).slice(count);
      const temporary = `${this.#path}.new`;
      await writeFile(temporary, join([update, ...later]), { flush: true });
      await rename(temporary, this.#path);
    });
  }

  /** Resolves when everything appended before is durable. */
  saved(): Promise<void> {
    return this.#work;
  }

  async #flush(): Promise<void> {
    const updates = this.#waiting;
    this.#waiting = [];
    let file: FileHandle | undefined;
    try {
      file = await open(this.#path, 'a');
      await file.write(join(updates));
      await file.datasync();
    } finally {
      await file?.close();
    }
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work);
    return this.#work;
  }
}

function join(updates: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    updates.flatMap((update) => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(update.length);
      return [length, update];
    }),
  );
}

function split(file: Buffer): readonly Uint8Array[] {
  const updates: Uint8Array[] = [];
  for (let at = 0; at + LENGTH_BYTES <= file.length; ) {
    const length = file.readUInt32LE(at);
    at += LENGTH_BYTES;
    // A last update that was cut off by a crash was never whole, and so never durable.
    if (at + length > file.length) break;
    updates.push(file.subarray(at, at + length));
    at += length;
  }
  return updates;
}
