import { estimateTokens } from '@mnemesh/core';
import { mcpLimits } from './mcp-limits.js';

/** The first of `entries` that fit into a budget of tokens; at least one, which is cut elsewhere. */
export function fitting<T>(
  entries: readonly T[],
  textOf: (entry: T) => string,
  tokens: number = mcpLimits.answerTokens,
): { readonly shown: readonly T[]; readonly omitted: number } {
  let spent = 0;
  let count = 0;
  for (const entry of entries) {
    spent += estimateTokens(textOf(entry));
    if (spent > tokens && count > 0) break;
    count++;
  }
  return { shown: entries.slice(0, count), omitted: entries.length - count };
}

/** The beginning of a text, ended at a whole character. */
export function cut(text: string, chars: number = mcpLimits.listedChars): string {
  return text.length <= chars ? text : `${text.slice(0, chars).replace(/[\ud800-\udbff]$/, '')}…`;
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
