import type { PostingList } from '@mnemesh/core';
import type { BlockPostings } from './posting-table.js';

/** Gathers the entries of one posting list; slots must come ascending. */
export class ListBuilder {
  #size = 0;
  #slots = new Uint32Array(64);
  #counts = new Uint32Array(64);

  add(slot: number, count: number): void {
    this.#reserve(1);
    const at = this.#size++;
    this.#slots[at] = slot;
    this.#counts[at] = count;
  }

  /** All postings of a block. */
  addBlock(first: number, { size, offsets, counts }: BlockPostings): void {
    this.#reserve(size);
    const slots = this.#slots;
    const at = this.#size;
    for (let i = 0; i < size; i++) slots[at + i] = first + (offsets[i] as number);
    this.#counts.set(counts.subarray(0, size), at);
    this.#size += size;
  }

  /** Those postings of a block whose scopes are admitted. */
  addAdmitted(
    first: number,
    { size, offsets, counts }: BlockPostings,
    scopes: Uint32Array,
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
    }
  }

  list(): PostingList {
    return {
      slots: this.#slots.subarray(0, this.#size),
      counts: this.#counts.subarray(0, this.#size),
    };
  }

  #reserve(more: number): void {
    let length = this.#slots.length;
    if (this.#size + more <= length) return;
    while (this.#size + more > length) length *= 4;
    this.#slots = larger(this.#slots, length);
    this.#counts = larger(this.#counts, length);
  }
}

function larger(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(length);
  grown.set(column);
  return grown;
}
