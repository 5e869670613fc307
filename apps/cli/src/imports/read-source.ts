import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
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
  // Begun at once: lines that come before anybody asks for them are lost otherwise.
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[
    Symbol.asyncIterator
  ]();
  return Promise.race([use({ [Symbol.asyncIterator]: () => lines }), failed]);
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
