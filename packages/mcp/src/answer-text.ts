import { estimateTokens } from '@mnemesh/core';
import { mcpLimits } from './mcp-limits.js';

/** The first of `entries` that fit into a budget of tokens; at least so many, which are cut elsewhere. */
export function fitting<T>(
  entries: readonly T[],
  textOf: (entry: T) => string,
  tokens: number = mcpLimits.answerTokens,
  least = 1,
): { readonly shown: readonly T[]; readonly omitted: number } {
  let spent = 0;
  let count = 0;
  for (const entry of entries) {
    spent += estimateTokens(textOf(entry));
    if (spent > tokens && count >= least) break;
    count++;
  }
  return { shown: entries.slice(0, count), omitted: entries.length - count };
}

/** The beginning of a text, ended at a whole character. */
export function cut(text: string, chars: number = mcpLimits.listedChars): string {
  return text.length <= chars ? text : `${wholeCharacters(text.slice(0, chars))}…`;
}

function wholeCharacters(beginning: string): string {
  return beginning.replace(/[\ud800-\udbff]$/, '');
}

/** The beginning of a text that takes at most so many tokens, ended at a whole character. */
export function within(text: string, tokens: number): string {
  // No token has more than four characters, so that what is beyond need not be looked at.
  const most = text.slice(0, Math.max(0, tokens) * 4);
  let [fits, tooLong] = [0, most.length + 1];
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (tokensOf(most.slice(0, middle)) <= tokens) fits = middle;
    else tooLong = middle;
  }
  return wholeCharacters(most.slice(0, fits));
}

/** What a text takes of an answer: in its data, or quoted in its text, whichever is more. */
export function tokensOf(text: string): number {
  return Math.max(estimateTokens(JSON.stringify(text)), estimateTokens(quoted(text)));
}

/** The beginnings of lists that fit into a budget, each into its share, and how many entries do not. */
export function fittingLists<Lists extends Readonly<Record<string, readonly unknown[]>>>(
  lists: Lists,
  tokens: number,
): {
  readonly shown: { readonly [Name in keyof Lists]: Lists[Name][number][] };
  readonly omitted: number;
} {
  const entries = Object.entries(lists);
  const fits = entries.map(([name, list]) => {
    const { shown, omitted } = fitting(
      list,
      (one) => JSON.stringify(one),
      tokens / entries.length,
      0,
    );
    return { name, shown: [...shown], omitted };
  });
  return {
    shown: Object.fromEntries(fits.map(({ name, shown }) => [name, shown])) as {
      readonly [Name in keyof Lists]: Lists[Name][number][];
    },
    omitted: fits.reduce((sum, { omitted }) => sum + omitted, 0),
  };
}

/** What somebody else wrote, marked line by line: evidence, never instruction. */
export function quoted(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => `> ${line}`)
    .join('\n');
}

/** `3 days ago`, in whole units, for a time as ISO 8601. */
export function age(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1_000));
  const units = [
    [86_400 * 365, 'year'],
    [86_400 * 30, 'month'],
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const;
  for (const [length, unit] of units) {
    const count = Math.floor(seconds / length);
    if (count > 0) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

/** `1 task`, `3 tasks`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
