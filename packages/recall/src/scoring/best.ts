/** Candidates equal to the last one that are looked at all the same; one commit makes at most as many. */
const MOST_EQUAL = 256;

/** The best so far by `compare`, and what equals the last of them; sorted anew only when twice as many have gathered. */
export class Best<T> {
  readonly #limit: number;
  readonly #compare: (a: T, b: T) => number;
  #kept: T[] = [];
  #worst: T | undefined;
  #pruneAt: number;

  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit;
    this.#compare = compare;
    this.#pruneAt = 2 * limit;
  }

  /** What is worse than this will not be kept. */
  get worst(): T | undefined {
    return this.#worst;
  }

  add(entry: T): void {
    if (this.#worst !== undefined && this.#compare(entry, this.#worst) > 0) return;
    this.#kept.push(entry);
    if (this.#kept.length >= this.#pruneAt) this.#prune();
  }

  ranked(): readonly T[] {
    this.#prune();
    return this.#kept;
  }

  #prune(): void {
    this.#kept.sort(this.#compare);
    const worst = this.#kept[this.#limit - 1];
    if (worst === undefined) return;
    this.#worst = worst;
    let length = this.#limit;
    while (length < this.#kept.length && this.#compare(this.#kept[length] as T, worst) === 0)
      length++;
    this.#kept.length = Math.min(length, this.#limit + MOST_EQUAL);
    this.#pruneAt = 2 * this.#kept.length;
  }
}
