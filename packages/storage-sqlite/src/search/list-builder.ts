import type { PostingList } from '@mnemesh/core';

/** Gathers the entries of one posting list; slots must come ascending. */
export class ListBuilder {
  #size = 0;
  #slots = new Uint32Array(64);
  #counts = new Uint32Array(64);
  #lengths = new Uint32Array(64);
  #created = new Float64Array(64);
  #threads = new Float64Array(64);
  #positions = new Uint32Array(64);
  #marks = new Uint8Array(64);

  add(
    slot: number,
    count: number,
    length: number,
    created: number,
    thread: number,
    position: number,
    marks: number,
  ): void {
    if (this.#size === this.#slots.length) this.#grow();
    const at = this.#size++;
    this.#slots[at] = slot;
    this.#counts[at] = count;
    this.#lengths[at] = length;
    this.#created[at] = created;
    this.#threads[at] = thread;
    this.#positions[at] = position;
    this.#marks[at] = marks;
  }

  list(): PostingList {
    return {
      slots: this.#slots.subarray(0, this.#size),
      counts: this.#counts.subarray(0, this.#size),
      lengths: this.#lengths.subarray(0, this.#size),
      created: this.#created.subarray(0, this.#size),
      threads: this.#threads.subarray(0, this.#size),
      positions: this.#positions.subarray(0, this.#size),
      marks: this.#marks.subarray(0, this.#size),
    };
  }

  #grow(): void {
    this.#slots = larger(this.#slots, Uint32Array);
    this.#counts = larger(this.#counts, Uint32Array);
    this.#lengths = larger(this.#lengths, Uint32Array);
    this.#created = larger(this.#created, Float64Array);
    this.#threads = larger(this.#threads, Float64Array);
    this.#positions = larger(this.#positions, Uint32Array);
    this.#marks = larger(this.#marks, Uint8Array);
  }
}

function larger<Column extends Uint32Array | Float64Array | Uint8Array>(
  column: Column,
  Kind: new (length: number) => Column,
): Column {
  const grown = new Kind(column.length * 2);
  grown.set(column);
  return grown;
}
