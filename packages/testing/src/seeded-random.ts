/**
 * Random numbers that follow from a seed: the same seed and the same draws give the same run,
 * on every machine. Not for secrets.
 *
 * Give every part of a world a fork of its own (`random.fork('disk/planner')`): a fork depends on
 * the seed and its name alone, never on draws made elsewhere, so adding a draw in one place does
 * not shift the others and a kept failing seed goes on failing.
 */
export class SeededRandom {
  readonly seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: string | number) {
    this.seed = String(seed);
    [this.#a, this.#b, this.#c, this.#d] = stateOf(this.seed);
    // The first draws of sfc32 still show the seed.
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** The stream with this name under this seed. Asking twice gives the same stream from its start. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${name}`);
  }

  /** 32 random bits (sfc32). */
  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number in [0, n). @param n from 1 to 2^32 */
  int(n: number): number {
    if (!(n >= 1 && n <= 2 ** 32)) throw new RangeError(`int(${n}): use 1 to 2^32`);
    return Math.floor(this.fraction() * n);
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  /** True with probability `p`. Draws once whatever `p` is, so a rate set to 0 shifts nothing. */
  chance(p: number): boolean {
    return this.fraction() < p;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick from an empty list');
    return items[this.int(items.length)] as T;
  }

  /** A key of `weights`, as often as its weight says. Weights of 0 are never picked. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let at = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      if (at < weight) return key;
      at -= weight;
    }
    throw new RangeError('weighted needs a weight above 0');
  }

  /** The items in random order; `items` itself stays as it is. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [order[i], order[j]] = [order[j] as T, order[i] as T];
    }
    return order;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.uint32() & 255;
    return bytes;
  }
}

/** 128 bits of a text: four FNV-1a hashes with different starts, stirred. */
function stateOf(text: string): [number, number, number, number] {
  const state: [number, number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (let i = 0; i < text.length; i++) {
    for (let k = 0; k < 4; k++) {
      state[k] = Math.imul((state[k] as number) ^ (text.charCodeAt(i) + (k << 8)), 0x01000193);
    }
  }
  for (let k = 0; k < 4; k++) {
    let bits = state[k] as number;
    bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
    bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
    state[k] = bits ^ (bits >>> 16);
  }
  return state;
}
