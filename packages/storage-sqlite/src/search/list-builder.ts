import type { PostingList } from '@mnemesh/core';

/** Gathers the entries of one posting list; slots must come ascending. */
export class ListBuilder {
  #size = 0;
  #slots = new Uint32Array(64);
  #counts = new Uint32Array(64);
  #lengths = new Uint32Array(64);
  #created = new Float64Array(64);

  add(slot: number, count: number, length: number, created: number): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[this.#size] = slot;
    this.#counts[this.#size] = count;
    this.#lengths[this.#size] = length;
    this.#created[this.#size] = created;
    this.#size++;
  }

  list(): PostingList {
    return {
      slots: this.#slots.subarray(0, this.#size),
      counts: this.#counts.subarray(0, this.#size),
      lengths: this.#lengths.subarray(0, this.#size),
      created: this.#created.subarray(0, this.#size),
    };
  }

  #grow(): void {
    this.#slots = larger(this.#slots, Uint32Array);
    this.#counts = larger(this.#counts, Uint32Array);
    this.#lengths = larger(this.#lengths, Uint32Array);
    this.#created = larger(this.#created, Float64Array);
  }
}

function larger<Column extends Uint32Array | Float64Array>(
  column: Column,
  Kind: new (length: number) => Column,
): Column {
  const grown = new Kind(column.length * 2);
  grown.set(column);
  return grown;
}
