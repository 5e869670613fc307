/** Characters of a document that an answer quotes: a few paragraphs. */
export const EXCERPT_CHARS = 1_200;

/** Words shorter than this stand everywhere. */
const LEAST_WORD = 3;

/** The part of a long text that holds most of the words asked for, from the beginning of a line where it can. */
export function excerptOf(text: string, query: string): string {
  if (text.length <= EXCERPT_CHARS) return text;
  const words = new Set(wordsOf(query));
  const found = [...text.matchAll(/[\p{L}\p{N}]+/gu)].filter(([word]) =>
    words.has(word.toLowerCase()),
  );
  let [best, most] = [0, 0];
  for (const [i, first] of found.entries()) {
    const seen = new Set<string>();
    for (let at = i; at < found.length; at++) {
      const { 0: word, index } = found[at] as RegExpMatchArray & { readonly index: number };
      if (index + word.length > first.index + EXCERPT_CHARS / 2) break;
      seen.add(word.toLowerCase());
    }
    if (seen.size > most) [best, most] = [first.index, seen.size];
  }
  return cut(text, best);
}

function cut(text: string, around: number): string {
  const earliest = Math.max(0, around - EXCERPT_CHARS / 4);
  const line = text.indexOf('\n', earliest) + 1;
  const from = line > 0 && line <= around ? line : earliest;
  const to = Math.min(text.length, from + EXCERPT_CHARS);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
}

function wordsOf(query: string): readonly string[] {
  return (query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter(
    ({ length }) => length >= LEAST_WORD,
  );
}
