/** A stretch of the old tokens, and the stretch of new ones that takes its place. Either may be empty. */
export interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly newFrom: number;
  readonly newTo: number;
}

/**
 * Differences beyond which two lists count as different from end to end: the search takes time and memory with
 * their square, and what has changed so much has nothing to keep apart.
 */
const MOST_DIFFERENCES = 800;

/** The fewest hunks that make one list of the other (E. W. Myers, An O(ND) Difference Algorithm, 1986). */
export function diffTokens(before: readonly string[], after: readonly string[]): readonly Hunk[] {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const [a, b] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  if (a.length === 0 && b.length === 0) return [];
  const whole = { from: 0, to: a.length, newFrom: 0, newTo: b.length };
  const hunks = a.length === 0 || b.length === 0 ? [whole] : (shortest(a, b) ?? [whole]);
  return hunks.map(({ from, to, newFrom, newTo }) => ({
    from: from + head,
    to: to + head,
    newFrom: newFrom + head,
    newTo: newTo + head,
  }));
}

function shortest(a: readonly string[], b: readonly string[]): readonly Hunk[] | undefined {
  /** For each number of differences, how far each diagonal reached with one fewer. */
  const reached: Int32Array[] = [];
  let last = new Int32Array(3);
  for (let d = 0; d <= MOST_DIFFERENCES; d++) {
    reached.push(last);
    // Diagonal k lies at k + d + 1, so that its neighbours of the round before have a place.
    const next = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      let x = d === 0 ? 0 : step(last, k, d);
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next[k + d + 2] = x;
      if (x >= a.length && x - k >= b.length) return traced(a, b, reached, d);
    }
    last = next;
  }
  return undefined;
}

/** Where diagonal k begins with d differences, by what was reached with d - 1. */
function step(last: Int32Array, k: number, d: number): number {
  const at = k + d + 1;
  const [left, right] = [last[at - 1] as number, last[at + 1] as number];
  return isDown(k, d, left, right) ? right : left + 1;
}

function isDown(k: number, d: number, left: number, right: number): boolean {
  return k === -d || (k !== d && left < right);
}

/** Walks back from the end, and gathers neighbouring differences into hunks. */
function traced(
  a: readonly string[],
  b: readonly string[],
  reached: readonly Int32Array[],
  differences: number,
): readonly Hunk[] {
  const hunks: Hunk[] = [];
  const add = (hunk: Hunk): void => {
    const next = hunks.at(-1);
    if (next === undefined || next.from !== hunk.to || next.newFrom !== hunk.newTo)
      hunks.push(hunk);
    else hunks[hunks.length - 1] = { ...next, from: hunk.from, newFrom: hunk.newFrom };
  };
  let [x, y] = [a.length, b.length];
  for (let d = differences; d > 0; d--) {
    const last = reached[d] as Int32Array;
    const k = x - y;
    const at = k + d + 1;
    const down = isDown(k, d, last[at - 1] as number, last[at + 1] as number);
    const begin = (down ? last[at + 1] : last[at - 1]) as number;
    const newBegin = begin - (down ? k + 1 : k - 1);
    add(
      down
        ? { from: begin, to: begin, newFrom: newBegin, newTo: newBegin + 1 }
        : { from: begin, to: begin + 1, newFrom: newBegin, newTo: newBegin },
    );
    [x, y] = [begin, newBegin];
  }
  return hunks.reverse();
}
