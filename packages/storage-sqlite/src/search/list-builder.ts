import type { PostingList } from '@mnemesh/core';
import type { BlockPostings } from './posting-table.js';
import type { SlotColumns } from './slots.js';

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
    this.#reserve(1);
    const at = this.#size++;
    this.#slots[at] = slot;
    this.#counts[at] = count;
    this.#lengths[at] = length;
    this.#created[at] = created;
    this.#threads[at] = thread;
    this.#positions[at] = position;
    this.#marks[at] = marks;
  }

  /** Those postings of a block whose scopes are admitted. */
  addBlock(
    first: number,
    { size, offsets, counts }: BlockPostings,
    { scopes, lengths, created, threads, positions, marks }: SlotColumns,
    admitted: ReadonlySet<number>,
  ): void {
    this.#reserve(size);
    let lastScope = -1;
    let isAdmitted = false;
    for (let i = 0; i < size; i++) {
      const offset = offsets[i] as number;
      const scope = scopes[offset] as number;
      if (scope !== lastScope) {
        lastScope = scope;
        isAdmitted = admitted.has(scope);
      }
      if (!isAdmitted) continue;
      const at = this.#size++;
      this.#slots[at] = first + offset;
      this.#counts[at] = counts[i] as number;
      this.#lengths[at] = lengths[offset] as number;
      this.#created[at] = created[offset] as number;
      this.#threads[at] = threads[offset] as number;
      this.#positions[at] = positions[offset] as number;
      this.#marks[at] = marks[offset] as number;
    }
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

  #reserve(more: number): void {
    while (this.#size + more > this.#slots.length) this.#grow();
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
  const grown = new Kind(column.length * 4);
  grown.set(column);
  return grown;
}
