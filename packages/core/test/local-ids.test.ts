import { describe, expect, test } from 'vitest';
import { LocalIds } from '../src/replica/local-ids.js';

/** Ids made at the given times, each random digit of them the given one. */
function idsAt(times: readonly number[], digit = 7): string[] {
  let now = 0;
  const ids = new LocalIds({
    now: () => now,
    randomBytes: (count) => new Uint8Array(count).fill(digit),
    after: () => () => {},
    log: () => {},
  });
  return times.map((time) => {
    now = time;
    return ids.next();
  });
}

describe('the ids of fresh records', () => {
  test('are ULIDs: their time in ten digits, then sixteen random ones', () => {
    // The time that the specification gives as its example.
    expect(idsAt([1469918176385.9])).toEqual(['01ARYZ6S417777777777777777']);
    expect(idsAt([2 ** 48 - 1], 255)).toEqual(['7ZZZZZZZZZZZZZZZZZZZZZZZZZ']);
  });

  test('sort by the time of their making', () => {
    const ids = idsAt([1, 31, 32, 1000, 1_700_000_000_000, 1_700_000_000_001]);
    expect([...ids].sort()).toEqual(ids);
  });

  test('count up within a millisecond and while the clock is behind', () => {
    const ids = idsAt([5000, 5000.5, 5000, 10, -1, 5001]);
    expect(ids.map((id) => id.slice(10))).toEqual([
      '7777777777777777',
      '7777777777777778',
      '7777777777777779',
      '777777777777777A',
      '777777777777777B',
      '7777777777777777',
    ]);
    expect(new Set(ids.slice(0, 5).map((id) => id.slice(0, 10))).size).toBe(1);
    expect([...ids].sort()).toEqual(ids);
  });

  test('carry into the next digit, and beyond the last one into the time', () => {
    const many = idsAt(Array.from({ length: 100 }, () => 5000));
    expect([...many].sort()).toEqual(many);
    expect(new Set(many).size).toBe(100);
    expect(many[25]?.slice(-2)).toBe('80');

    const [last, over, after] = idsAt([5000, 5000, 5001], 31);
    expect(last).toBe('00000004W8ZZZZZZZZZZZZZZZZ');
    expect(over).toBe('00000004W9ZZZZZZZZZZZZZZZZ');
    expect(after).toBe('00000004WAZZZZZZZZZZZZZZZZ');
  });
});
