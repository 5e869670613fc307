/**
 * What a place gathers is summed in whole numbers of this size: replicas meet the records of a place in
 * different orders, and sums of fractions depend on the order.
 */
const GRAIN = 2 ** -20;

/** Places of a thread that are numbered together: whoever looks at one looks at those beside it next. */
const RUN = 16;
const RUN_BITS = Math.log2(RUN);

/**
 * Places of threads, numbered as they are met, and what they gather. Open addressing over typed
 * arrays: a common word has tens of thousands of postings, and each reaches five places.
 */
export class Places {
  #size = 0;
  /** Numbers of runs, plus one, by thread and place. */
  #index = new Int32Array(1024);
  #runs = 0;
  #runThreads = new Int32Array(256);
  #runStarts = new Int32Array(256);
  /** Of each place of each run, its number, plus one. */
  #numbers = new Int32Array(256 * RUN);
  /** The run that was looked at last. */
  #thread = -1;
  #start = -1;
  #run = 0;
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
    const start = position >>> RUN_BITS;
    if (thread !== this.#thread || start !== this.#start) this.#find(thread, start);
    const at = this.#run * RUN + (position % RUN);
    const found = this.#numbers[at] as number;
    return found > 0 ? found - 1 : this.#add(at, slot, offset);
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

  slotBeside(place: number): number {
    return this.#slots[place] as number;
  }

  /** How far the place is from the record at `slotBeside`. */
  offsetOf(place: number): number {
    return this.#offsets[place] as number;
  }

  #find(thread: number, start: number): void {
    this.#thread = thread;
    this.#start = start;
    const mask = this.#index.length - 1;
    let at = placeIn(thread, start) & mask;
    for (;;) {
      const run = (this.#index[at] as number) - 1;
      if (run < 0) break;
      if (this.#runThreads[run] === thread && this.#runStarts[run] === start) {
        this.#run = run;
        return;
      }
      at = (at + 1) & mask;
    }
    if (this.#runs === this.#runThreads.length) this.#growRuns();
    this.#run = this.#runs++;
    this.#runThreads[this.#run] = thread;
    this.#runStarts[this.#run] = start;
    this.#index[at] = this.#runs;
    if (this.#runs * 2 > this.#index.length) this.#rehash();
  }

  #add(at: number, slot: number, offset: number): number {
    if (this.#size === this.#slots.length) this.#grow();
    const place = this.#size++;
    this.#slots[place] = slot;
    this.#offsets[place] = offset;
    this.#numbers[at] = place + 1;
    return place;
  }

  #growRuns(): void {
    this.#runThreads = grown(this.#runThreads, Int32Array);
    this.#runStarts = grown(this.#runStarts, Int32Array);
    this.#numbers = grown(this.#numbers, Int32Array);
  }

  #grow(): void {
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
    for (let run = 0; run < this.#runs; run++) {
      const thread = this.#runThreads[run] as number;
      const start = this.#runStarts[run] as number;
      let at = placeIn(thread, start) & mask;
      while (this.#index[at] !== 0) at = (at + 1) & mask;
      this.#index[at] = run + 1;
    }
  }
}

function placeIn(thread: number, start: number): number {
  return Math.imul(thread, 0x9e3779b1) ^ Math.imul(start, 0x85ebca6b);
}

type Column = Int32Array | Int8Array | Uint8Array | Float64Array;

function grown<C extends Column>(column: C, Kind: new (length: number) => C): C {
  const larger = new Kind(column.length * 2);
  larger.set(column as never);
  return larger;
}
