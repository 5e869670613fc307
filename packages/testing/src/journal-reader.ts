import { readJournal } from './journal.js';

/**
 * Reads one growing journal again and again. What was replayed stays as long as the file still begins
 * with the same bytes, and only frames that came since are replayed; a file that was cut, spoiled or put
 * back is read anew from its start. So every answer is what a first reading of these bytes gives.
 */
export class JournalReader<T> {
  readonly #fresh: () => T;
  readonly #replay: (tables: T, payload: Uint8Array) => void;
  #tables: T;
  /** The whole frames that `#tables` adds up. */
  #read = new Uint8Array(0);

  /** @param fresh what an empty journal adds up to */
  constructor(fresh: () => T, replay: (tables: T, payload: Uint8Array) => void) {
    this.#fresh = fresh;
    this.#replay = replay;
    this.#tables = fresh();
  }

  /** @returns what the journal adds up to; it changes with the next reading */
  read(bytes: Uint8Array): T {
    if (!beginsWith(bytes, this.#read)) {
      this.#tables = this.#fresh();
      this.#read = new Uint8Array(0);
    }
    const { payloads, end } = readJournal(bytes.subarray(this.#read.length));
    for (const payload of payloads) this.#replay(this.#tables, payload);
    if (end > 0) this.#read = bytes.slice(0, this.#read.length + end);
    return this.#tables;
  }
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return (
    bytes.length >= start.length && Buffer.compare(bytes.subarray(0, start.length), start) === 0
  );
}
