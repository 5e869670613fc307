/** Characters of one term. Longer runs of letters and digits are keys and hashes, told apart by their beginning. */
const TERM_CHARS = 64;

/** Changes when `termsOf` does: an index of other terms is built anew. */
export const TERMS_VERSION = 1;

/** The words of a text as lexical search knows them, in their order. Records and queries are taken apart alike. */
export function termsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => (word.length > TERM_CHARS ? word.slice(0, TERM_CHARS) : word));
}
