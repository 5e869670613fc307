import { MnemeshError } from './errors.js';
import { limits } from './limits.js';

/**
 * Namespace globs: `*` stands for one word of a path, `**` for any number of words.
 * `shared/**` matches `shared/tasks` and `shared/a/b`, and not `shared` itself.
 */
export type NamespaceGlob = string;

const GLOB = /^(\*{1,2}|[A-Za-z0-9_.@-]+)(\/(\*{1,2}|[A-Za-z0-9_.@-]+))*$/;

/** @throws MnemeshError `bad_input` */
export function parseGlob(text: string): NamespaceGlob {
  if (!GLOB.test(text) || text.length > limits.namespaceChars) {
    throw new MnemeshError(
      'bad_input',
      `"${text}" is no namespace glob. Use words, * and ** joined by "/": shared/**.`,
    );
  }
  return text;
}

export function matchesGlob(glob: NamespaceGlob, namespace: string): boolean {
  const pattern = glob.split('/');
  // At the end `**` stands for at least one word.
  if (pattern.at(-1) === '**') pattern.splice(-1, 0, '*');
  return matchWords(pattern, namespace.split('/'));
}

export function matchesAny(globs: readonly NamespaceGlob[], namespace: string): boolean {
  return globs.some((glob) => matchesGlob(glob, namespace));
}

/** Returns to the last `**` only, so that a hostile glob costs words × words and no more. */
function matchWords(pattern: readonly string[], words: readonly string[]): boolean {
  let p = 0;
  let w = 0;
  let retryPattern = -1;
  let retryWord = 0;
  while (w < words.length) {
    if (pattern[p] === '**') {
      retryPattern = ++p;
      retryWord = w;
    } else if (p < pattern.length && (pattern[p] === '*' || pattern[p] === words[w])) {
      p++;
      w++;
    } else if (retryPattern >= 0) {
      p = retryPattern;
      w = ++retryWord;
    } else {
      return false;
    }
  }
  while (pattern[p] === '**') p++;
  return p === pattern.length;
}
