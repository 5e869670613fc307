import { isDeepStrictEqual } from 'node:util';
import { MnemeshError } from '@mnemesh/protocol';
import { parse, stringify } from 'smol-toml';
import type { ServerEntry } from './server-entry.js';

// The table is exchanged in the text, so that comments and the rest stay as they are. Whether the
// result says what it should is checked with a parser before anything is written.

type Table = Record<string, unknown>;

/** @throws MnemeshError `bad_input` for a file that is no TOML */
export function tomlEntry(text: string, path: string, servers: string, name: string): unknown {
  return tableIn(parsed(text, path), servers)[name];
}

/** The text with the entry set, or, when undefined, taken out. @throws MnemeshError `bad_input` */
export function withTomlEntry(
  text: string,
  path: string,
  [servers, name]: readonly [string, string],
  entry: ServerEntry | undefined,
): string {
  const wanted = structuredClone(parsed(text, path));
  const others = { ...tableIn(wanted, servers) };
  delete others[name];
  wanted[servers] = entry === undefined ? others : { ...others, [name]: entry };
  const table = entry === undefined ? '' : stringify({ [servers]: { [name]: { ...entry } } });
  const after = exchanged(text, tableLines(text, servers, name), table.trim());
  if (says(after, wanted, servers)) return after;
  throw new MnemeshError(
    'bad_input',
    `${path} writes ${servers} in a way that cannot be changed here without touching the rest. Put this into it yourself:\n\n${table}`,
  );
}

function says(text: string, wanted: Table, servers: string): boolean {
  try {
    return isDeepStrictEqual(
      withoutEmpty(parse(text) as Table, servers),
      withoutEmpty(wanted, servers),
    );
  } catch {
    return false;
  }
}

/** First and last line, both counted from 0, of a table and of those below it; none when it is not there. */
function tableLines(
  text: string,
  servers: string,
  name: string,
): readonly [number, number] | undefined {
  const lines = text.split('\n');
  const key = (word: string): string => `["']?${word}["']?`;
  const header = new RegExp(
    `^\\s*\\[\\s*${key(servers)}\\s*\\.\\s*${key(name)}\\s*(\\.[^\\]]*)?\\]`,
  );
  const first = lines.findIndex((line) => header.test(line));
  if (first < 0) return undefined;
  let last = first;
  for (let i = first; i < lines.length; i++) {
    const line = lines[i] as string;
    if (i > first && /^\s*\[/.test(line) && !header.test(line)) break;
    // What is said above the next table belongs to that.
    if (line.trim() !== '' && !line.trim().startsWith('#')) last = i;
  }
  return [first, last];
}

function exchanged(text: string, at: readonly [number, number] | undefined, table: string): string {
  if (at === undefined) {
    if (table === '') return text;
    const before = text.trim() === '' ? '' : `${text.replace(/\n*$/, '\n')}\n`;
    return `${before}${table}\n`;
  }
  const lines = text.split('\n');
  const [first, last] = at;
  const above = lines.slice(0, first);
  // With the table goes the empty line that was put before it.
  if (table === '' && above.at(-1)?.trim() === '') above.pop();
  return [...above, ...(table === '' ? [] : table.split('\n')), ...lines.slice(last + 1)].join(
    '\n',
  );
}

function parsed(text: string, path: string): Table {
  try {
    return parse(text) as Table;
  } catch (error) {
    const [reason = ''] = String((error as Error).message).split('\n');
    throw new MnemeshError(
      'bad_input',
      `${path} is no TOML: ${reason}. Mend it first; nothing was changed.`,
    );
  }
}

function tableIn(root: Table, name: string): Table {
  const found = root[name];
  return typeof found === 'object' && found !== null ? (found as Table) : {};
}

function withoutEmpty(root: Table, name: string): Table {
  const copy = JSON.parse(JSON.stringify(root)) as Table;
  if (Object.keys(tableIn(copy, name)).length === 0) delete copy[name];
  return copy;
}
