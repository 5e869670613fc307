import type { RankedRecord } from '@mnemesh/core';

/** Characters of a token in languages with spaces; a sign of Chinese or Japanese is about one. */
const TOKEN_CHARS = 4;
const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/g;

/** Tokens that models make of a text, about. */
export function tokensOf(text: string): number {
  const wide = text.match(WIDE)?.length ?? 0;
  return wide + Math.ceil((text.length - wide) / TOKEN_CHARS);
}

/** As many as fit, best first; one that does not fit makes way for a shorter one after it. */
export function packed(
  ranked: readonly RankedRecord[],
  maxTokens: number | undefined,
): { readonly kept: readonly RankedRecord[]; readonly omitted: number } {
  if (maxTokens === undefined) return { kept: ranked, omitted: 0 };
  let left = maxTokens;
  const kept = ranked.filter(({ tokens }) => {
    if (tokens > left) return false;
    left -= tokens;
    return true;
  });
  return { kept, omitted: ranked.length - kept.length };
}
