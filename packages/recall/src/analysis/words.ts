/** Characters of one term. Longer runs are keys and hashes, told apart by their beginning. */
const TERM_CHARS = 64;

/** Scripts that are written without spaces between words, or whose words carry their endings with them. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}' +
  '\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー';

/** A word, an identifier or a path: letters and digits, and signs that join them. */
const JOINED = /[\p{L}\p{N}_][\p{L}\p{N}\p{M}_./\\:@#+-]*/gu;
const UNSPACED_RUN = new RegExp(`[${UNSPACED}\\p{M}]+`, 'gu');
const HAS_UNSPACED = new RegExp(`[${UNSPACED}]`, 'u');
/** Most words: no parts, no accents. */
const SIMPLE = /^(?:[a-z0-9]+|[A-Z][a-z0-9]*|[A-Z]+)$/;
const PARTS = /[\p{L}\p{N}\p{M}]+/gu;
/** `parseCommit`, `sha256Hex`, `HTTPServer`: where one word of an identifier ends. Not in `01JD6Q`. */
const HUMPS = /(?<=\p{Ll}\p{N}*)(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const LETTERS = /^[A-Za-z]+$/;
const ASCII = /^[ -~]*$/;
const ACCENTS = /[\u0300-\u036f]/g;

/** A word as it stands in a text. */
export interface Word {
  readonly text: string;
  /** False for a whole identifier or path, and for a pair of signs, which are no words of a language. */
  readonly isPlain: boolean;
}

/**
 * The words of a text in their order. An identifier or a path is given whole and in its parts; where
 * a script has no spaces, every two neighbouring signs are a word.
 */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  const add = (word: string, isPlain: boolean): void => {
    words.push({ text: word.length > TERM_CHARS ? word.slice(0, TERM_CHARS) : word, isPlain });
  };
  for (const joined of text.match(JOINED) ?? []) {
    if (SIMPLE.test(joined)) {
      add(joined.toLowerCase(), true);
      continue;
    }
    const whole = joined.replace(/[^\p{L}\p{N}\p{M}_+#]+$/u, '');
    const parts = (whole.match(PARTS) ?? []).flatMap((part) => part.split(HUMPS));
    // `parseFrameHeader` is asked for as `parseframeheader`, too: a word like any other.
    if (parts.length > 1 || parts[0] !== whole) add(folded(whole), LETTERS.test(whole));
    for (const part of parts) {
      if (HAS_UNSPACED.test(part)) for (const pair of pairsOf(part)) add(pair, false);
      else add(folded(part), true);
    }
  }
  return words;
}

/** Without case and accents: `Naïve` is found as `naive`. */
function folded(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  return word.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toLowerCase();
}

function pairsOf(part: string): readonly string[] {
  const pairs: string[] = [];
  let end = 0;
  for (const match of part.matchAll(UNSPACED_RUN)) {
    // Words of other scripts between two runs: `バージョン2の`.
    if (match.index > end) pairs.push(folded(part.slice(end, match.index)));
    end = match.index + match[0].length;
    const signs = [...match[0].normalize('NFKC')];
    if (signs.length === 1) pairs.push(signs[0] as string);
    for (let i = 1; i < signs.length; i++) pairs.push(`${signs[i - 1]}${signs[i]}`);
  }
  if (end < part.length) pairs.push(folded(part.slice(end)));
  return pairs;
}
