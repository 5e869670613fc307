import type { PostingList, Postings } from '../ports/index.js';

/** BM25's usual constants (Robertson and Zaragoza, 2009). */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;

/** Records equal in score and clock that are looked at; one commit makes at most as many. */
const MOST_EQUAL = 256;

export interface Ranked {
  readonly slot: number;
  readonly score: number;
  readonly created: number;
}

/**
 * The best `limit` of the records that hold any of the terms, by BM25, newer ones first where scores
 * are equal; and what equals the last of them in both, so that the caller can tell them apart.
 */
export function rank(postings: Postings, limit: number): readonly Ranked[] {
  const best = new Best(limit);
  const averageLength = postings.length / Math.max(1, postings.records);
  const cursors = postings.lists.map((list) => ({
    list,
    at: 0,
    rarity: inverseFrequency(list.slots.length, postings.records),
  }));
  for (;;) {
    const slot = lowestSlot(cursors);
    if (slot === undefined) return best.ranked();
    let score = 0;
    let created = 0;
    for (const cursor of cursors) {
      const { list, at, rarity } = cursor;
      if (list.slots[at] !== slot) continue;
      cursor.at++;
      created = list.created[at] as number;
      const count = list.counts[at] as number;
      const length = (list.lengths[at] as number) / averageLength;
      const dampened = count + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length);
      score += (rarity * count * (SATURATION + 1)) / dampened;
    }
    best.add({ slot, score, created });
  }
}

function lowestSlot(
  cursors: readonly { readonly list: PostingList; readonly at: number }[],
): number | undefined {
  let lowest: number | undefined;
  for (const { list, at } of cursors) {
    const slot = list.slots[at];
    if (slot !== undefined && (lowest === undefined || slot < lowest)) lowest = slot;
  }
  return lowest;
}

function inverseFrequency(holding: number, all: number): number {
  return Math.log(1 + (all - holding + 0.5) / (holding + 0.5));
}

function compare(a: Ranked, b: Ranked): number {
  return b.score - a.score || b.created - a.created;
}

/** The best so far, sorted anew only when twice as many have gathered. */
class Best {
  readonly #limit: number;
  #kept: Ranked[] = [];
  #worst: Ranked | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: Ranked): void {
    if (this.#worst !== undefined && compare(entry, this.#worst) > 0) return;
    this.#kept.push(entry);
    if (this.#kept.length >= 2 * (this.#limit + MOST_EQUAL)) this.#prune();
  }

  ranked(): readonly Ranked[] {
    this.#prune();
    return this.#kept;
  }

  #prune(): void {
    this.#kept.sort(compare);
    const worst = this.#kept[this.#limit - 1];
    if (worst === undefined) return;
    this.#worst = worst;
    // What equals the last one stays, up to as many as records can share one clock.
    let length = this.#limit;
    while (length < this.#kept.length && compare(this.#kept[length] as Ranked, worst) === 0)
      length++;
    this.#kept.length = Math.min(length, this.#limit + MOST_EQUAL);
  }
}
