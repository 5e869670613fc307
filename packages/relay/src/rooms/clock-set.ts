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
