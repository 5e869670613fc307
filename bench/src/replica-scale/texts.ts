import { RARE_WORD } from './shape.js';

/** Different words in all texts together. */
const VOCABULARY = 20_000;
/** Words of one text: about 250 bytes. */
const SHORTEST = 25;
const LONGEST = 55;

/** The text of the n-th record: words as unevenly frequent as those of a language. */
export function textOf(n: number): string {
  const random = randomFrom(n + 1);
  const length = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST));
  const words = Array.from({ length }, () => wordAt(random()));
  if (n === 0) words.push(RARE_WORD);
  return words.join(' ');
}

/** Rank r is met about in proportion to 1/r. */
function wordAt(fraction: number): string {
  return `w${Math.floor(VOCABULARY ** fraction)}`;
}

/** mulberry32: small, seeded, even enough for texts. */
function randomFrom(seed: number): () => number {
  let state = (seed * 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
