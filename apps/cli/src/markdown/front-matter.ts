import type { Json } from '@mnemesh/core';
import { parse } from 'yaml';
import { isObject, isStorable, type JsonObject } from '../imports/json-value.js';

/** References that YAML may expand: a few lines could ask for gigabytes. */
const ALIASES = 100;

export interface Note {
  /** What stands between the lines of dashes, without them. Undefined for a file that has none. */
  readonly raw: string | undefined;
  /** What it says. Empty when there is none, or it cannot be read. */
  readonly front: JsonObject;
  /** Why the front matter cannot be read. It is a part of `body` then. */
  readonly fault: string | undefined;
  readonly body: string;
}

/** Takes a Markdown file apart. Line ends and a byte order mark make no difference. */
export function readNote(text: string): Note {
  const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const [all, raw = ''] =
    /^---[ \t]*\n([\s\S]*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(plain) ?? [];
  if (all === undefined)
    return { raw: undefined, front: {}, fault: undefined, body: trimmed(plain) };
  const body = trimmed(plain.slice(all.length));
  try {
    return { raw, front: readFront(raw), fault: undefined, body };
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return { raw, front: {}, fault: String(reason), body: trimmed(plain) };
  }
}

/** @throws Error telling why it is no front matter */
export function readFront(raw: string): JsonObject {
  const front = (parse(raw, { maxAliasCount: ALIASES, logLevel: 'error' }) ?? {}) as Json;
  if (!isObject(front)) throw new Error('it is no list of names and values');
  return front;
}

/** Whether a record can hold what the front matter says as it is. YAML has words that JSON has not. */
export function isPlain(front: JsonObject): boolean {
  return hasFiniteNumbers(front) && isStorable(front);
}

function hasFiniteNumbers(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(hasFiniteNumbers);
}

function trimmed(text: string): string {
  return text.replace(/^\s*\n/, '').trimEnd();
}
