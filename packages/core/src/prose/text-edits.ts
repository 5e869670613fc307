import { diffTokens } from './token-diff.js';

/** Characters (UTF-16) that go, and what comes in their place, at an offset of the text before the edits. */
export interface TextEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const LINES = /[^\n]*\n|[^\n]+/g;
/** Words, runs of blanks, and single signs; a pair of surrogates is one. */
const WORDS = /[\p{L}\p{N}_]+|\s+|[\s\S]/gu;

/**
 * What makes `after` of `before`: lines that differ, in them words that differ, in those what lies between
 * their common ends. Ascending, apart from each other, and never through a pair of surrogates.
 */
export function editsBetween(before: string, after: string): readonly TextEdit[] {
  return tokenEdits(before, after, LINES).flatMap((line) =>
    tokenEdits(before.slice(line.at, line.at + line.remove), line.insert, WORDS).map((word) =>
      withoutCommonEnds(before, { ...word, at: line.at + word.at }),
    ),
  );
}

/**
 * Edits of a text as edits of what others made of it meanwhile: only what both still have is removed, and
 * nothing of what the others put in.
 * @param others what they did to the same text
 */
export function rebaseEdits(
  edits: readonly TextEdit[],
  others: readonly TextEdit[],
): readonly TextEdit[] {
  return edits.flatMap(({ at, remove, insert }) => {
    const kept = keptWithin(at, at + remove, others);
    const place = placeAfter(at, others);
    const [first, ...rest] = kept;
    if (first?.at === place) return [{ ...first, insert }, ...rest];
    return insert === '' ? kept : [{ at: place, remove: 0, insert }, ...kept];
  });
}

export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let [result, at] = ['', 0];
  for (const edit of edits) {
    result += text.slice(at, edit.at) + edit.insert;
    at = edit.at + edit.remove;
  }
  return result + text.slice(at);
}

function tokenEdits(before: string, after: string, tokens: RegExp): readonly TextEdit[] {
  const [old, fresh] = [before.match(tokens) ?? [], after.match(tokens) ?? []];
  const offsets = [0];
  for (const token of old) offsets.push((offsets.at(-1) as number) + token.length);
  return diffTokens(old, fresh).map(({ from, to, newFrom, newTo }) => ({
    at: offsets[from] as number,
    remove: (offsets[to] as number) - (offsets[from] as number),
    insert: fresh.slice(newFrom, newTo).join(''),
  }));
}

function withoutCommonEnds(before: string, { at, remove, insert }: TextEdit): TextEdit {
  const old = before.slice(at, at + remove);
  const most = Math.min(old.length, insert.length);
  let head = 0;
  while (head < most && old[head] === insert[head]) head++;
  if (splitsPair(old, head) || splitsPair(insert, head)) head--;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === insert.at(-1 - tail)) tail++;
  if (splitsPair(old, old.length - tail) || splitsPair(insert, insert.length - tail)) tail--;
  return {
    at: at + head,
    remove: remove - head - tail,
    insert: insert.slice(head, insert.length - tail),
  };
}

function splitsPair(text: string, at: number): boolean {
  return (
    at > 0 &&
    at < text.length &&
    /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1))
  );
}

/** What is left of a stretch after the others' edits, at its places in their text. */
function keptWithin(from: number, to: number, others: readonly TextEdit[]): readonly TextEdit[] {
  const kept: TextEdit[] = [];
  let [at, moved] = [from, 0];
  const keep = (until: number): void => {
    if (until > at) kept.push({ at: at + moved, remove: until - at, insert: '' });
  };
  for (const other of others) {
    if (other.at >= to) break;
    keep(Math.min(other.at, to));
    at = Math.max(at, other.at + other.remove);
    moved += other.insert.length - other.remove;
  }
  keep(to);
  return kept;
}

/** Where an offset lies in the others' text: behind what they put in at the same place. */
function placeAfter(offset: number, others: readonly TextEdit[]): number {
  let moved = 0;
  for (const { at, remove, insert } of others) {
    if (at > offset || (at === offset && remove > 0)) break;
    if (at + remove > offset) return at + moved + insert.length;
    moved += insert.length - remove;
  }
  return offset + moved;
}
