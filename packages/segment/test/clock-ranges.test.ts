import {
  type ClockRange,
  type ClockRanges,
  normalizeRanges,
  rangesCover,
  subtractRanges,
  uniteRanges,
} from '@mnemesh/segment';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const loose = fc.array(
  fc
    .tuple(fc.nat(40), fc.nat(8))
    .map(([from, length]): ClockRange => ({ from, to: from + length })),
  { maxLength: 12 },
);
const ranges = loose.map(normalizeRanges);

/** The naive model: the set of the clocks themselves. */
function clocksOf(of: ClockRanges): ReadonlySet<number> {
  const clocks = new Set<number>();
  for (const { from, to } of of) for (let clock = from; clock < to; clock++) clocks.add(clock);
  return clocks;
}

function expectNormal(of: ClockRanges): void {
  of.forEach(({ from, to }, i) => {
    expect(from).toBeLessThan(to);
    if (i > 0) expect(from).toBeGreaterThan((of[i - 1] as ClockRange).to);
  });
}

test('normalizing keeps every clock and joins what touches', () => {
  fc.assert(
    fc.property(loose, (some) => {
      const normal = normalizeRanges(some);
      expectNormal(normal);
      expect(clocksOf(normal)).toEqual(clocksOf(some));
    }),
  );
});

test('union, difference and cover agree with sets of clocks', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const [inA, inB] = [clocksOf(a), clocksOf(b)];
      const united = uniteRanges(a, b);
      const rest = subtractRanges(a, b);
      expectNormal(united);
      expectNormal(rest);
      expect(clocksOf(united)).toEqual(new Set([...inA, ...inB]));
      expect(clocksOf(rest)).toEqual(new Set([...inA].filter((clock) => !inB.has(clock))));
      expect(rangesCover(a, b)).toBe([...inB].every((clock) => inA.has(clock)));
    }),
    { numRuns: 500 },
  );
});
