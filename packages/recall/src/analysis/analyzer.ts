import type { AnalyzedText, Analyzer } from '@mnemesh/core';
import { stemmer } from 'stemmer';
import { spelledDates } from './dates.js';
import { stopWords } from './stop-words.js';
import { wordsOf } from './words.js';

/** Marks of a text that asks something: at its end, or somewhere. */
export const ASKS = 2;
export const ASKS_SOMEWHERE = 1;

const ENGLISH = /^[a-z]{3,}$/;
/** Stems remembered; a vocabulary beyond it is stemmed again. */
const REMEMBERED_STEMS = 50_000;

/**
 * Unicode words; identifiers and paths whole and in their parts; without English stop words; English
 * words by their stem (M. F. Porter, An algorithm for suffix stripping, 1980), others as they are.
 */
export const lexicalAnalyzer: Analyzer = {
  version: 2,
  analyze: (text: string): AnalyzedText => ({ terms: termsOf(text), marks: marksOf(text) }),
};

export function termsOf(text: string): readonly string[] {
  return namedTerms(text).map(({ term }) => term);
}

/** Terms in their order, each with the word it was taken from. */
export function namedTerms(
  text: string,
): readonly { readonly term: string; readonly word: string }[] {
  const named: { term: string; word: string }[] = [];
  for (const { text: word, isPlain } of wordsOf(spelledDates(text))) {
    if (!isPlain) named.push({ term: word, word });
    else if (!stopWords.has(word)) named.push({ term: stemOf(word), word });
  }
  return named;
}

export function marksOf(text: string): number {
  if (!/[?？؟]/.test(text)) return 0;
  return /[?？؟]["'”’)\s]*$/m.test(text) ? ASKS : ASKS_SOMEWHERE;
}

const stems = new Map<string, string>();

function stemOf(word: string): string {
  if (!ENGLISH.test(word)) return word;
  const known = stems.get(word);
  if (known !== undefined) return known;
  const stem = stemmer(word);
  if (stems.size >= REMEMBERED_STEMS) stems.clear();
  stems.set(word, stem);
  return stem;
}
