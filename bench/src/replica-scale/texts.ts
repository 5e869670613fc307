import { seeded } from '../data/seeded.js';
import { RARE_WORD } from './shape.js';

/** Different words in all texts together. */
const VOCABULARY = 20_000;
/** Words of one text: about 250 bytes. */
const SHORTEST = 25;
const LONGEST = 55;
/** Between the seeds of two texts. */
const SEED_STEP = 0x9e3779b1;

/** The text of the n-th record: words as unevenly frequent as those of a language. */
export function textOf(n: number): string {
  const random = seeded((n + 1) * SEED_STEP);
  const length = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST));
  const words = Array.from({ length }, () => wordAt(random()));
  if (n === 0) words.push(RARE_WORD);
  return words.join(' ');
}

/** Rank r is met about in proportion to 1/r. */
function wordAt(fraction: number): string {
  return `w${Math.floor(VOCABULARY ** fraction)}`;
}
