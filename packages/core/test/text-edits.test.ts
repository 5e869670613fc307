import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits, editsBetween, rebaseEdits } from '../src/prose/text-edits.js';

/** Few signs, so that much is common; one takes a pair of surrogates. */
const text = fc
  .array(fc.constantFrom('a', 'b', ' ', '\n', '😀', 'word', 'Straße'), { maxLength: 60 })
  .map((parts) => parts.join(''));

function merged(base: string, mine: string, theirs: string): string {
  return applyEdits(theirs, rebaseEdits(editsBetween(base, mine), editsBetween(base, theirs)));
}

const isWhole = (one: string): boolean => !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/.test(one);

describe('the edits between two texts', () => {
  test('make the one of the other, and never cut a character in two', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edits = editsBetween(before, after);
        expect(applyEdits(before, edits)).toBe(after);
        for (const { at, remove, insert } of edits) {
          expect(isWhole(before.slice(0, at)) && isWhole(insert)).toBe(true);
          expect(isWhole(before.slice(0, at + remove))).toBe(true);
        }
      }),
    );
  });

  test('touch a word, not its line', () => {
    const before = 'one\nthe quick brown fox\nthree\n';
    expect(editsBetween(before, before.replace('brown', 'red'))).toEqual([
      { at: before.indexOf('brown'), remove: 5, insert: 'red' },
    ]);
  });

  test('of texts without anything in common are done soon', () => {
    const [before, after] = ['x', 'y'].map((sign) =>
      Array.from({ length: 20_000 }, (_, i) => `${sign}${i}\n`).join(''),
    ) as [string, string];
    expect(applyEdits(before, editsBetween(before, after))).toBe(after);
  });
});

describe('edits on top of what others did', () => {
  test('are the same as alone where the others did nothing, or the same again is not lost', () => {
    fc.assert(
      fc.property(text, text, (base, mine) => {
        expect(merged(base, mine, base)).toBe(mine);
        expect(merged(base, base, mine)).toBe(mine);
      }),
    );
  });

  test('remove nothing that the others put in', () => {
    fc.assert(
      fc.property(text, text, fc.nat(), (base, mine, at) => {
        const place = at % (base.length + 1);
        if (!isWhole(base.slice(0, place))) return;
        const theirs = `${base.slice(0, place)}§${base.slice(place)}`;
        const result = merged(base, mine, theirs);
        expect(result).toContain('§');
        expect(result.replace('§', '')).toBe(mine);
      }),
    );
  });

  test('of both sides of a line stand', () => {
    expect(merged('a\nb\nc\n', 'a\nb\nc\nd\n', 'A\nb\nc\nD\n')).toBe('A\nb\nc\nD\nd\n');
    expect(merged('the cat sat', 'the dog sat', 'the cat sat down')).toBe('the dog sat down');
  });
});
