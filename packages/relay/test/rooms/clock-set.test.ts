import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ascending, ClockSet } from '../../src/rooms/clock-set.js';

const ranges = fc
  .array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 6 })), { maxLength: 60 })
  .map((pairs) => pairs.flatMap(([from, length]) => [from, from + length]));

function clocksOf(flat: readonly number[]): readonly number[] {
  const clocks = new Set<number>();
  for (let i = 0; i < flat.length; i += 2)
    for (let at = flat[i] as number; at < (flat[i + 1] as number); at++) clocks.add(at);
  return [...clocks].sort((a, b) => a - b);
}

test('many ranges at once add what they add one by one, and tell the same as new', () => {
  fc.assert(
    fc.property(ranges, ranges, (held, added) => {
      const [whole, single] = [new ClockSet(), new ClockSet()];
      for (const set of [whole, single]) set.addAll(ascending(held));
      const [fresh, freshOne]: [number[], number[]] = [[], []];
      const list = ascending(added);
      whole.addAll(list, fresh);
      for (let i = 0; i < list.length; i += 2)
        single.add(list[i] as number, list[i + 1] as number, freshOne);
      expect(whole.ranges).toEqual(single.ranges);
      expect(clocksOf(fresh)).toEqual(clocksOf(freshOne));
      expect(clocksOf(whole.ranges)).toEqual(clocksOf([...held, ...added]));
    }),
  );
});

test('ranges in any order are the same clocks in ascending order', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const sorted = ascending(list);
      expect(clocksOf(sorted)).toEqual(clocksOf(list));
      for (let i = 2; i < sorted.length; i += 2)
        expect(sorted[i]).toBeGreaterThanOrEqual(sorted[i - 1] as number);
    }),
  );
});

test('[BD] deletions in the order that moves most are taken in at once', () => {
  const flat: number[] = [];
  for (let clock = 200_000; clock > 0; clock--) flat.push(clock * 2, clock * 2 + 1);
  const set = new ClockSet();
  set.addAll(ascending(flat));
  const between: number[] = [];
  for (let clock = 1; clock < 200_000; clock++) between.push(clock * 2 + 1, clock * 2 + 2);
  set.addAll(between);
  expect(set.ranges).toEqual([2, 400_001]);
});
