import type { Database } from '@mnemesh/sqlite';
import { checkBytes, checksum } from './damage.js';
import { UintReader, UintWriter } from './uints.js';

/** Records of one block. Their numbers give it: a store's n-th record is in block n / 1024. */
export const BLOCK_RECORDS = 1024;

/** Decoded blocks kept, of 16 KiB each: those of 262,144 records. */
const BLOCKS_KEPT = 256;

/** Of each record of a block, by its number within it. Scope 0: there is no such record. */
export interface SlotColumns {
  readonly scopes: Uint32Array;
  readonly lengths: Uint32Array;
  readonly created: Float64Array;
}

export function emptyColumns(): SlotColumns {
  return {
    scopes: new Uint32Array(BLOCK_RECORDS),
    lengths: new Uint32Array(BLOCK_RECORDS),
    created: new Float64Array(BLOCK_RECORDS),
  };
}

interface SlotRow {
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

/** What the index knows of each indexed record besides its terms. */
export class SlotTable {
  readonly #database: Database;
  readonly #kept = new Map<number, SlotColumns>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** To be left as it is. @throws DamagedIndexError */
  read(block: number): SlotColumns {
    const columns = this.#kept.get(block) ?? this.#load(block);
    this.#kept.delete(block);
    this.#kept.set(block, columns);
    if (this.#kept.size > BLOCKS_KEPT) {
      const [oldest] = this.#kept.keys();
      this.#kept.delete(oldest as number);
    }
    return columns;
  }

  write(block: number, columns: SlotColumns): void {
    this.#kept.delete(block);
    const bytes = encodeColumns(columns);
    this.#database
      .prepare('INSERT OR REPLACE INTO search_slots (block, checksum, bytes) VALUES (?, ?, ?)')
      .run(block, checksum(`${block}`, bytes), bytes);
  }

  /** Changes one record's entry. @throws DamagedIndexError */
  edit(block: number, offset: number, scope: number, length: number, created: number): void {
    const { scopes, lengths, created: clocks } = this.read(block);
    const columns = { scopes: scopes.slice(), lengths: lengths.slice(), created: clocks.slice() };
    columns.scopes[offset] = scope;
    columns.lengths[offset] = length;
    columns.created[offset] = created;
    this.write(block, columns);
  }

  /** @throws DamagedIndexError when one of the first `blocks` does not hold what was written into it */
  check(blocks: number): void {
    for (let block = 0; block < blocks; block++) this.#load(block);
  }

  forget(): void {
    this.#kept.clear();
  }

  #load(block: number): SlotColumns {
    const row = this.#database
      .prepare('SELECT checksum, bytes FROM search_slots WHERE block = ?')
      .get<SlotRow>(block);
    const bytes = row?.bytes ?? new Uint8Array(0);
    checkBytes('search_slots', `${block}`, bytes, row?.checksum ?? -1);
    return decodeColumns(bytes);
  }
}

function encodeColumns({ scopes, lengths, created }: SlotColumns): Uint8Array {
  const writer = new UintWriter();
  const least = created.reduce((a, b) => (b > 0 && b < a ? b : a), Number.MAX_SAFE_INTEGER);
  writer.write(least);
  for (let offset = 0; offset < BLOCK_RECORDS; offset++) {
    const scope = scopes[offset] as number;
    writer.write(scope);
    if (scope === 0) continue;
    writer.write(lengths[offset] as number);
    writer.write(Math.max(0, (created[offset] as number) - least));
  }
  return writer.take();
}

function decodeColumns(bytes: Uint8Array): SlotColumns {
  const columns = emptyColumns();
  const reader = new UintReader(bytes);
  const least = reader.read();
  for (let offset = 0; offset < BLOCK_RECORDS; offset++) {
    const scope = reader.read();
    if (scope === 0) continue;
    columns.scopes[offset] = scope;
    columns.lengths[offset] = reader.read();
    columns.created[offset] = least + reader.read();
  }
  return columns;
}
