import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { StringDecoder } from 'node:string_decoder';
import { MnemeshError } from '@mnemesh/protocol';

/** What a command calls the file that it is given as an argument. */
export const fileArgument = (what: string) =>
  ({ name: 'FILE', help: `${what}, or - for standard input` }) as const;

/** Gives the lines of a file to `use`. @throws MnemeshError `bad_input` for a file that cannot be read */
export async function readLines<T>(
  file: string,
  use: (lines: AsyncIterable<string>) => Promise<T>,
): Promise<T> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (error: Error) => reject(unreadable(file, error)));
  });
  failed.catch(() => undefined);
  return Promise.race([use(linesOf(input)), failed]);
}

/**
 * Lines as the formats mean them: some versions of `readline` end one at U+2028, too, which stands within
 * strings of JSON.
 */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let open: string[] = [];
  for await (const chunk of input) {
    const [first = '', ...others] = decoder.write(chunk as Buffer).split('\n');
    open.push(first);
    if (others.length === 0) continue;
    yield withoutReturn(open.join(''));
    const last = others.pop() ?? '';
    yield* others.map(withoutReturn);
    open = [last];
  }
  open.push(decoder.end());
  const rest = withoutReturn(open.join(''));
  if (rest !== '') yield rest;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** @throws MnemeshError `bad_input` for a file that cannot be read */
export async function readWhole(file: string): Promise<string> {
  try {
    return file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error as Error);
  }
}

function unreadable(file: string, { message }: Error): MnemeshError {
  return new MnemeshError('bad_input', `${file} cannot be read: ${message}.`);
}
