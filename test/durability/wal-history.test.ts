import { describe, expect, test } from 'vitest';
import { parseTrace } from './syscalls.js';
import { givenTooEarly, WalHistory } from './wal-history.js';

const WAL = '/data/replica.db-wal';

const hex = (bytes: Buffer): string =>
  [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const fd = `7<${hex(Buffer.from(WAL))}>`;
const write = (bytes: Buffer): string =>
  `10 pwrite64(${fd}, "${hex(bytes)}", ${bytes.length}, 32) = ${bytes.length}`;

/** Header of a frame; one that ends a transaction tells the size of the database. */
function header(commit: boolean): string {
  const bytes = Buffer.alloc(24);
  if (commit) bytes.writeUInt32BE(3, 4);
  return write(bytes);
}

const page = (text: string): string => write(Buffer.from(`.... ${text} ....`));
const transaction = [header(false), page('a.1.1.'), header(true), page('the last page')];
const flush = `10 fdatasync(${fd}) = 0`;

/** What the checker says of a promise that is given after these lines. */
function verdict(...lines: readonly string[]): readonly string[] {
  const wal = new WalHistory(parseTrace(lines.join('\n')), WAL);
  return givenTooEarly([{ text: 'a.1.1.', told: lines.length }], wal);
}

describe('a promise of durability', () => {
  test('holds when a flush began after the last page of its transaction, and ended well', () => {
    expect(verdict(...transaction, flush)).toEqual([]);
  });

  test('holds when the flush was interrupted in the trace by another thread', () => {
    const begun = `10 fsync(${fd} <unfinished ...>`;
    const other = '11 read(9<pipe:[1]>, "\\x01", 1) = 1';
    expect(verdict(...transaction, begun, other, '10 <... fsync resumed>) = 0')).toEqual([]);
  });

  test.each([
    ['nothing was flushed', transaction],
    ['the flush failed', [...transaction, `10 fdatasync(${fd}) = -1 EIO (Input/output error)`]],
    ['the flush began before the bytes were written', [flush, ...transaction]],
    [
      'the flush began before the last page of the transaction was written',
      [...transaction.slice(0, 3), flush, ...transaction.slice(3)],
    ],
    [
      'the flush began earlier, and ended after the bytes were written',
      [`11 fdatasync(${fd} <unfinished ...>`, ...transaction, '11 <... fdatasync resumed>) = 0'],
    ],
    ['the flush has not ended', [...transaction, `11 fdatasync(${fd} <unfinished ...>`]],
    ['another file was flushed', [...transaction, '10 fdatasync(8</data/replica.db>) = 0']],
    ['the transaction was not committed', [...transaction.slice(0, 2), flush]],
    ['the bytes were never written', [header(true), page('b.1.1.'), flush]],
  ])('is broken when %s', (_when, lines) => {
    expect(verdict(...lines)).toHaveLength(1);
  });

  test('is broken when it was given before the flush ended', () => {
    const wal = new WalHistory(parseTrace([...transaction, flush].join('\n')), WAL);
    const told = transaction.length;
    expect(givenTooEarly([{ text: 'a.1.1.', told }], wal)).toHaveLength(1);
  });
});
