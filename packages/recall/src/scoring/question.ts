import { namedTerms } from '../analysis/analyzer.js';

/** What is asked, taken apart. */
export interface Question {
  /** Each once, in their order. */
  readonly terms: readonly string[];
  /** Of each term, the word it was taken from. */
  readonly words: ReadonlyMap<string, string>;
  readonly asksWhen: boolean;
}

/** Different words of one query that are looked up; what people ask holds a dozen. */
const QUERY_TERMS = 64;

const ASKS_WHEN =
  /\bwhen\b|\bhow long\b|\b(what|which) (date|day|week|weekend|month|season|year|time)\b|^since\b|\bhow (recently|soon)\b/i;

/** Words that tell of a time, and dates. */
const TELLS_WHEN =
  /\b(yesterday|today|tonight|tomorrow|ago|since|last|next|this (morning|afternoon|evening|week|weekend|month|year)|(mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may \d|june|july|august|september|october|november|december|weeks?|weekend|months?|years?|recently|soon|(19|20)\d\d)\b/i;

export function readQuestion(query: string): Question {
  const words = new Map<string, string>();
  for (const { term, word } of namedTerms(query)) {
    if (words.size === QUERY_TERMS) break;
    if (!words.has(term)) words.set(term, word);
  }
  return {
    terms: [...words.keys()],
    words,
    asksWhen: ASKS_WHEN.test(query),
  };
}

export function tellsWhen(text: string): boolean {
  return TELLS_WHEN.test(text);
}
