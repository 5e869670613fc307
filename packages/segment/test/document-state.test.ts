import {
  type DocumentState,
  decodeState,
  emptyState,
  encodeState,
  equalStates,
  hashState,
  isEmptyState,
  normalizeRanges,
  stateCovers,
  subtractDeleted,
  uniteStates,
} from '@mnemesh/segment';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const client = fc.oneof(fc.nat(3), fc.maxSafeNat());
const rangesOfClient = fc
  .array(
    fc
      .tuple(fc.nat(60), fc.integer({ min: 1, max: 9 }))
      .map(([from, n]) => ({ from, to: from + n })),
    { minLength: 1, maxLength: 8 },
  )
  .map(normalizeRanges);
const states: fc.Arbitrary<DocumentState> = fc.record({
  clocks: fc
    .array(fc.tuple(client, fc.integer({ min: 1, max: 90 })), { maxLength: 6 })
    .map((entries) => new Map(entries)),
  deleted: fc
    .array(fc.tuple(client, rangesOfClient), { maxLength: 6 })
    .map((entries) => new Map(entries)),
});

describe('a document state', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeState(encodeState(state))).toEqual(state);
      }),
    );
  });

  test('has one form: equal states have equal bytes and equal hashes', () => {
    fc.assert(
      fc.property(states, (state) => {
        const turned: DocumentState = {
          clocks: new Map([...state.clocks, [77, 0] as const].reverse()),
          deleted: new Map([...state.deleted, [78, []] as const].reverse()),
        };
        expect(encodeState(turned)).toEqual(encodeState(state));
        expect(hashState(turned)).toBe(hashState(state));
        expect(equalStates(turned, state)).toBe(true);
      }),
    );
  });

  test('bytes that are accepted are the only bytes of their state', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let state: DocumentState;
        try {
          state = decodeState(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(encodeState(state)).toEqual(bytes);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['nothing', []],
    ['a count that lies', [0xff, 0xff, 0x7f]],
    ['a number that lib0 reads as NaN', [1, 1, ...new Array(160).fill(0x80), 0, 0]],
    ['a client named twice', [2, 5, 1, 5, 1, 0]],
    ['a clock of zero', [1, 5, 0, 0]],
    ['an empty range', [0, 1, 5, 1, 3, 0]],
    ['trailing bytes', [0, 0, 0]],
  ])('is not read from %s', (_name, bytes) => {
    expect(() => decodeState(Uint8Array.from(bytes as number[]))).toThrow(RangeError);
  });

  test('united with another covers both, in either order [ID]', () => {
    fc.assert(
      fc.property(states, states, (a, b) => {
        const united = uniteStates(a, b);
        expect(stateCovers(united, a) && stateCovers(united, b)).toBe(true);
        expect(equalStates(united, uniteStates(b, a))).toBe(true);
        expect(equalStates(uniteStates(united, b), united)).toBe(true);
        expect(stateCovers(a, united)).toBe(stateCovers(a, b));
        expect(encodeState(united)).toEqual(encodeState(uniteStates(b, a)));
      }),
    );
  });

  test('deletions another does not have are what is missing from its cover', () => {
    fc.assert(
      fc.property(states, states, (a, b) => {
        const missing = subtractDeleted(a, b);
        const completed: DocumentState = {
          clocks: uniteStates(a, b).clocks,
          deleted: uniteStates(b, { clocks: new Map(), deleted: missing }).deleted,
        };
        expect(stateCovers(completed, a)).toBe(true);
        expect(missing.size === 0).toBe(
          stateCovers({ ...b, clocks: a.clocks }, { ...a, clocks: a.clocks }),
        );
      }),
    );
  });

  test('of an empty document is empty', () => {
    expect(isEmptyState(emptyState)).toBe(true);
    expect(encodeState(emptyState)).toEqual(Uint8Array.of(0, 0));
  });
});
