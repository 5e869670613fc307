import type { Database, SqlValue } from '@mnemesh/sqlite';
import { checkBytes, checksum } from './damage.js';
import { BLOCK_RECORDS } from './slots.js';
import { UintReader, UintWriter } from './uints.js';

/** Blocks whose postings lie together: 16,384 records, about 3 MB, which one connection's page cache holds. */
const SHELF_BLOCKS = 16;

/** Rows of one statement: calling SQLite costs as much as inserting one. */
const INSERTED_ROWS = 50;

interface PostingRow {
  readonly block: number;
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

type Entry = readonly [offset: number, count: number];

/** For each term and block, the records that hold the term. */
export class PostingTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  writeBlock(block: number, entries: ReadonlyMap<string, readonly Entry[]>): void {
    const terms = [...entries.keys()].sort();
    for (let from = 0; from < terms.length; from += INSERTED_ROWS) {
      const some = terms.slice(from, from + INSERTED_ROWS);
      const values = some.flatMap((term) =>
        rowOf(term, block, entries.get(term) as readonly Entry[]),
      );
      this.#database.prepare(insertOf(some.length)).run(...values);
    }
  }

  /** Calls `visit` with the postings of each block that has the term, in the order of the records. They hold until it returns. @throws DamagedIndexError */
  read(
    term: string,
    blocks: number,
    visit: (block: number, postings: BlockPostings) => void,
  ): void {
    const shelves = Array.from({ length: Math.ceil(blocks / SHELF_BLOCKS) }, (_, shelf) => shelf);
    const rows = this.#database
      .prepare(
        `SELECT block, checksum, bytes FROM search_postings
         WHERE shelf IN (SELECT value FROM json_each(?)) AND term = ? ORDER BY shelf, term, block`,
      )
      .all<PostingRow>(JSON.stringify(shelves), term);
    for (const row of rows) visit(row.block, decode(term, row));
  }

  /** @throws DamagedIndexError when some row does not hold what was written into it */
  check(): void {
    const rows = this.#database
      .prepare('SELECT term, block, checksum, bytes FROM search_postings')
      .iterate<PostingRow & { readonly term: string }>();
    for (const row of rows) decode(row.term, row);
  }

  /** Changes how often one record holds the term; 0: no more. @throws DamagedIndexError */
  edit(term: string, block: number, offset: number, count: number): void {
    const row = this.#database
      .prepare(
        'SELECT block, checksum, bytes FROM search_postings WHERE shelf = ? AND term = ? AND block = ?',
      )
      .get<PostingRow>(shelfOf(block), term, block);
    const entries: Entry[] = count === 0 ? [] : [[offset, count]];
    if (row !== undefined) {
      const { size, offsets, counts } = decode(term, row);
      for (let i = 0; i < size; i++) {
        if (offsets[i] !== offset) entries.push([offsets[i] as number, counts[i] as number]);
      }
    }
    if (entries.length > 0) {
      this.#put(
        term,
        block,
        entries.sort(([a], [b]) => a - b),
      );
      return;
    }
    this.#database
      .prepare('DELETE FROM search_postings WHERE shelf = ? AND term = ? AND block = ?')
      .run(shelfOf(block), term, block);
  }

  #put(term: string, block: number, entries: readonly Entry[]): void {
    this.#database.prepare(insertOf(1)).run(...rowOf(term, block, entries));
  }
}

function insertOf(rows: number): string {
  const values = Array.from({ length: rows }, () => '(?, ?, ?, ?, ?)');
  return `INSERT OR REPLACE INTO search_postings (shelf, term, block, checksum, bytes) VALUES ${values}`;
}

function rowOf(term: string, block: number, entries: readonly Entry[]): readonly SqlValue[] {
  const bytes = encode(entries);
  return [shelfOf(block), term, block, checksum(`${term}\n${block}`, bytes), bytes];
}

function shelfOf(block: number): number {
  return Math.floor(block / SHELF_BLOCKS);
}

const writer = new UintWriter();

/** (distance from the one before, and whether it occurs more than once) and then, only if so, how often. */
function encode(entries: readonly Entry[]): Uint8Array {
  let last = -1;
  for (const [offset, count] of entries) {
    writer.write((offset - last) * 2 + (count > 1 ? 1 : 0));
    if (count > 1) writer.write(count);
    last = offset;
  }
  return writer.take();
}

/** Of one term in one block: entry n of each column belongs to the n-th record that holds it. */
export interface BlockPostings {
  readonly size: number;
  readonly offsets: Uint16Array;
  readonly counts: Uint32Array;
}

const decoded = {
  size: 0,
  offsets: new Uint16Array(BLOCK_RECORDS),
  counts: new Uint32Array(BLOCK_RECORDS),
};

function decode(term: string, { block, bytes, checksum: expected }: PostingRow): BlockPostings {
  checkBytes('search_postings', `${term}\n${block}`, bytes, expected);
  const reader = new UintReader(bytes);
  const { offsets, counts } = decoded;
  let offset = -1;
  let size = 0;
  while (!reader.done && size < BLOCK_RECORDS) {
    const step = reader.read();
    offset += step >>> 1;
    offsets[size] = offset;
    counts[size] = (step & 1) === 1 ? reader.read() : 1;
    size++;
  }
  decoded.size = size;
  return decoded;
}
