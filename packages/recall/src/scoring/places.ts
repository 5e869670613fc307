/**
 * What a place gathers is summed in whole numbers of this size: replicas meet the records of a place in
 * different orders, and sums of fractions depend on the order.
 */
const GRAIN = 2 ** -20;

/**
 * Places of threads, numbered as they are met, and what they gather. Open addressing over typed
 * arrays: a common word has tens of thousands of postings, and each reaches five places.
 */
export class Places {
  #size = 0;
  #index = new Int32Array(4096);
  #threads = new Int32Array(1024);
  #positions = new Int32Array(1024);
  /** A record beside each place, by which a store finds what is there. */
  #slots = new Int32Array(1024);
  #offsets = new Int8Array(1024);
  /** What all terms so far gave each place. */
  #scores = new Float64Array(1024);
  /** Rarity of the terms that reach it. */
  #reached = new Float64Array(1024);
  /** What the term at hand gathers. */
  #window = new Float64Array(1024);
  #isTouched = new Uint8Array(1024);
  #touched = new Int32Array(1024);
  #touches = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * The place's number, new where nothing reached it before.
   * @param slot a record at `-offset` from it
   */
  at(thread: number, position: number, slot: number, offset: number): number {
    const mask = this.#index.length - 1;
    let at = (Math.imul(thread, 0x9e3779b1) ^ Math.imul(position, 0x85ebca6b)) & mask;
    for (;;) {
      const found = (this.#index[at] as number) - 1;
      if (found < 0) return this.#add(at, thread, position, slot, offset);
      if (this.#threads[found] === thread && this.#positions[found] === position) return found;
      at = (at + 1) & mask;
    }
  }

  /** Adds to what the term at hand gathers at a place. */
  give(place: number, amount: number): void {
    if (this.#isTouched[place] === 0) {
      this.#isTouched[place] = 1;
      this.#touched[this.#touches++] = place;
    }
    this.#window[place] = (this.#window[place] as number) + Math.round(amount / GRAIN);
  }

  /** Places that the term at hand reaches. */
  get touched(): number {
    return this.#touches;
  }

  gathered(place: number): number {
    return (this.#window[place] as number) * GRAIN;
  }

  /**
   * Adds what the term at hand gathered to each place's score, and makes way for the next term.
   * @param half what is worth half of the most
   */
  settle(rarity: number, half: number): void {
    for (let i = 0; i < this.#touches; i++) {
      const place = this.#touched[i] as number;
      const gathered = this.gathered(place);
      this.#scores[place] =
        (this.#scores[place] as number) + rarity * (gathered / (half + gathered));
      this.#reached[place] = (this.#reached[place] as number) + rarity;
      this.#window[place] = 0;
      this.#isTouched[place] = 0;
    }
    this.#touches = 0;
  }

  score(place: number): number {
    return this.#scores[place] as number;
  }

  reached(place: number): number {
    return this.#reached[place] as number;
  }

  beside(place: number): { readonly slot: number; readonly offset: number } {
    return { slot: this.#slots[place] as number, offset: this.#offsets[place] as number };
  }

  #add(at: number, thread: number, position: number, slot: number, offset: number): number {
    if (this.#size === this.#threads.length) this.#grow();
    const place = this.#size++;
    this.#threads[place] = thread;
    this.#positions[place] = position;
    this.#slots[place] = slot;
    this.#offsets[place] = offset;
    this.#index[at] = place + 1;
    if (this.#size * 2 > this.#index.length) this.#rehash();
    return place;
  }

  #grow(): void {
    this.#threads = grown(this.#threads, Int32Array);
    this.#positions = grown(this.#positions, Int32Array);
    this.#slots = grown(this.#slots, Int32Array);
    this.#offsets = grown(this.#offsets, Int8Array);
    this.#scores = grown(this.#scores, Float64Array);
    this.#reached = grown(this.#reached, Float64Array);
    this.#window = grown(this.#window, Float64Array);
    this.#isTouched = grown(this.#isTouched, Uint8Array);
    this.#touched = grown(this.#touched, Int32Array);
  }

  #rehash(): void {
    this.#index = new Int32Array(this.#index.length * 4);
    const mask = this.#index.length - 1;
    for (let place = 0; place < this.#size; place++) {
      const thread = this.#threads[place] as number;
      const position = this.#positions[place] as number;
      let at = (Math.imul(thread, 0x9e3779b1) ^ Math.imul(position, 0x85ebca6b)) & mask;
      while (this.#index[at] !== 0) at = (at + 1) & mask;
      this.#index[at] = place + 1;
    }
  }
}

type Column = Int32Array | Int8Array | Uint8Array | Float64Array;

function grown<C extends Column>(column: C, Kind: new (length: number) => C): C {
  const larger = new Kind(column.length * 2);
  larger.set(column as never);
  return larger;
}
