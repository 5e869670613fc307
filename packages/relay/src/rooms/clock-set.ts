/** Ranges that are put in one by one; more are merged with all that the set holds. */
const FEW = 16;

/**
 * Half-open ranges of one client's clocks, ascending, neither touching nor overlapping, as one flat list
 * `[from, to, from, to, …]`. It changes in place: a room takes in an update in the time of the update,
 * whatever the room holds.
 */
export class ClockSet {
  readonly ranges: number[] = [];

  /** Adds a range. @param fresh takes each part of it that was not in the set, as from and to */
  add(from: number, to: number, fresh?: number[]): void {
    const { ranges } = this;
    const last = ranges.length - 1;
    // Most deletions come in ascending order, and most of them touch the one before.
    if (last < 0 || from > (ranges[last] as number)) {
      ranges.push(from, to);
      fresh?.push(from, to);
      return;
    }
    if (from === ranges[last]) {
      ranges[last] = to;
      fresh?.push(from, to);
      return;
    }
    this.#insert(from, to, fresh);
  }

  /**
   * As `add`, of ascending ranges that do not overlap. In the time of both together: one by one each range would move
   * all that lie behind it, and a hostile update has hundreds of thousands.
   */
  addAll(added: readonly number[], fresh?: number[]): void {
    if (added.length <= 2 * FEW) {
      for (let i = 0; i < added.length; i += 2)
        this.add(added[i] as number, added[i + 1] as number, fresh);
      return;
    }
    const held = this.ranges.splice(0);
    if (fresh !== undefined) pushBeyond(held, added, fresh);
    let i = 0;
    let j = 0;
    while (i < held.length || j < added.length) {
      const isHeld = j >= added.length || (held[i] as number) <= (added[j] as number);
      const from = isHeld ? held : added;
      const at = isHeld ? i : j;
      this.#append(from[at] as number, from[at + 1] as number);
      if (isHeld) i += 2;
      else j += 2;
    }
  }

  #append(from: number, to: number): void {
    const { ranges } = this;
    const last = ranges.length - 1;
    if (last < 0 || from > (ranges[last] as number)) ranges.push(from, to);
    else ranges[last] = Math.max(ranges[last] as number, to);
  }

  #insert(from: number, to: number, fresh?: number[]): void {
    const { ranges } = this;
    const first = this.#firstTouching(from);
    let end = first;
    let low = from;
    let high = to;
    let at = from;
    while (end < ranges.length && (ranges[end] as number) <= to) {
      const heldFrom = ranges[end] as number;
      const heldTo = ranges[end + 1] as number;
      if (heldFrom > at) fresh?.push(at, heldFrom);
      at = Math.max(at, heldTo);
      low = Math.min(low, heldFrom);
      high = Math.max(high, heldTo);
      end += 2;
    }
    if (at < to) fresh?.push(at, to);
    ranges.splice(first, end - first, low, high);
  }

  /** Index of the first range that ends at `clock` or later. */
  #firstTouching(clock: number): number {
    let low = 0;
    let high = this.ranges.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle * 2 + 1] as number) < clock) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }
}

/** What of `added` lies outside `held`. Both ascend. */
function pushBeyond(held: readonly number[], added: readonly number[], fresh: number[]): void {
  let i = 0;
  for (let j = 0; j < added.length; j += 2) {
    let at = added[j] as number;
    const to = added[j + 1] as number;
    while (i < held.length && (held[i + 1] as number) <= at) i += 2;
    for (let k = i; k < held.length && (held[k] as number) < to; k += 2) {
      if ((held[k] as number) > at) fresh.push(at, held[k] as number);
      at = Math.max(at, held[k + 1] as number);
    }
    if (at < to) fresh.push(at, to);
  }
}

/** The same clocks as ascending ranges that do not overlap; the list itself where it is so already. */
export function ascending(ranges: readonly number[]): readonly number[] {
  let isAscending = true;
  for (let i = 2; isAscending && i < ranges.length; i += 2)
    isAscending = (ranges[i] as number) >= (ranges[i - 1] as number);
  if (isAscending) return ranges;
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2)
    pairs.push([ranges[i] as number, ranges[i + 1] as number]);
  pairs.sort(([a], [b]) => a - b);
  const joined: number[] = [];
  for (const [from, to] of pairs) {
    const last = joined.length - 1;
    if (last < 0 || from > (joined[last] as number)) joined.push(from, to);
    else joined[last] = Math.max(joined[last] as number, to);
  }
  return joined;
}
