import type { Analyzer } from '@mnemesh/core';

/** Characters of one term. */
const TERM_CHARS = 64;

/** Words as they stand, and a mark where something is asked: enough to test what stores and scorers do with an analyzer's answers. */
export const plainAnalyzer: Analyzer = {
  version: 1,
  analyze: (text) => ({
    terms: (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
      word.slice(0, TERM_CHARS),
    ),
    marks: text.includes('?') ? 1 : 0,
  }),
};
