/** Half-open ranges of one client's clocks, ascending, neither touching nor overlapping. */
export type ClockRanges = readonly ClockRange[];
export interface ClockRange {
  readonly from: number;
  readonly to: number;
}

/** Sorts, and joins what touches or overlaps. */
export function normalizeRanges(ranges: readonly ClockRange[]): ClockRanges {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const joined: ClockRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && range.from <= last.to) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else if (range.to > range.from) {
      joined.push(range);
    }
  }
  return joined;
}

export function uniteRanges(a: ClockRanges, b: ClockRanges): ClockRanges {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return normalizeRanges([...a, ...b]);
}

/** What is in `a` and not in `b`. */
export function subtractRanges(a: ClockRanges, b: ClockRanges): ClockRanges {
  const rest: ClockRange[] = [];
  let j = 0;
  for (const range of a) {
    let from = range.from;
    while (j < b.length && (b[j] as ClockRange).to <= from) j++;
    for (let k = j; k < b.length && (b[k] as ClockRange).from < range.to; k++) {
      const hole = b[k] as ClockRange;
      if (hole.from > from) rest.push({ from, to: hole.from });
      from = Math.max(from, hole.to);
    }
    if (from < range.to) rest.push({ from, to: range.to });
  }
  return rest;
}

export function rangesCover(a: ClockRanges, b: ClockRanges): boolean {
  return subtractRanges(b, a).length === 0;
}
