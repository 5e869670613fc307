import { termsOf } from '../analysis/analyzer.js';

/** What is asked, taken apart. */
export interface Question {
  /** Each once, in their order. */
  readonly terms: readonly string[];
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
  return {
    terms: [...new Set(termsOf(query))].slice(0, QUERY_TERMS),
    asksWhen: ASKS_WHEN.test(query),
  };
}

export function tellsWhen(text: string): boolean {
  return TELLS_WHEN.test(text);
}
