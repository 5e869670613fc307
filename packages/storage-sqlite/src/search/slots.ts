import type { Database } from '@mnemesh/sqlite';
import { checkBytes, checksum } from './damage.js';
import { UintReader, UintWriter } from './uints.js';

/** Records of one block. Their numbers give it: a store's n-th record is in block n / 1024. */
export const BLOCK_RECORDS = 1024;

/** Decoded blocks kept, of 29 KiB each: those of 262,144 records. */
const BLOCKS_KEPT = 256;

/** Of each record of a block, by its number within it. Scope 0: there is no such record. */
export interface SlotColumns {
  readonly scopes: Uint32Array;
  readonly lengths: Uint32Array;
  readonly created: Float64Array;
  readonly threads: Float64Array;
  readonly positions: Uint32Array;
  readonly marks: Uint8Array;
}

/** A block as it is read; nobody changes it. */
export interface SlotBlock extends SlotColumns {
  /** Each scope of its records once. */
  readonly scopesHeld: readonly number[];
}

/** One record's entry. */
export interface Slot {
  readonly scope: number;
  readonly length: number;
  readonly created: number;
  readonly thread: number;
  readonly position: number;
  readonly marks: number;
}

export function emptyColumns(): SlotColumns {
  return {
    scopes: new Uint32Array(BLOCK_RECORDS),
    lengths: new Uint32Array(BLOCK_RECORDS),
    created: new Float64Array(BLOCK_RECORDS),
    threads: new Float64Array(BLOCK_RECORDS),
    positions: new Uint32Array(BLOCK_RECORDS),
    marks: new Uint8Array(BLOCK_RECORDS),
  };
}

interface SlotRow {
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

/** What the index knows of each indexed record besides its terms. */
export class SlotTable {
  readonly #database: Database;
  readonly #kept = new Map<number, SlotBlock>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** To be left as it is: who searched holds it, too. @throws DamagedIndexError */
  read(block: number): SlotBlock {
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
  edit(block: number, offset: number, slot: Slot): void {
    const columns = copyOf(this.read(block));
    columns.scopes[offset] = slot.scope;
    columns.lengths[offset] = slot.length;
    columns.created[offset] = slot.created;
    columns.threads[offset] = slot.thread;
    columns.positions[offset] = slot.position;
    columns.marks[offset] = slot.marks;
    this.write(block, columns);
  }

  /** @throws DamagedIndexError when one of the first `blocks` does not hold what was written into it */
  check(blocks: number): void {
    for (let block = 0; block < blocks; block++) this.#load(block);
  }

  forget(): void {
    this.#kept.clear();
  }

  #load(block: number): SlotBlock {
    const row = this.#database
      .prepare('SELECT checksum, bytes FROM search_slots WHERE block = ?')
      .get<SlotRow>(block);
    const bytes = row?.bytes ?? new Uint8Array(0);
    checkBytes('search_slots', `${block}`, bytes, row?.checksum ?? -1);
    const columns = decodeColumns(bytes);
    return { ...columns, scopesHeld: [...new Set(columns.scopes)].filter((scope) => scope !== 0) };
  }
}

function copyOf(columns: SlotColumns): SlotColumns {
  return {
    scopes: columns.scopes.slice(),
    lengths: columns.lengths.slice(),
    created: columns.created.slice(),
    threads: columns.threads.slice(),
    positions: columns.positions.slice(),
    marks: columns.marks.slice(),
  };
}

/** How a record's place follows on the one before it in the block: most events are next to each other. */
const NO_THREAD = 0;
const NEXT = 1;
const SAME_THREAD = 2;
const OTHER_THREAD = 3;

function encodeColumns(columns: SlotColumns): Uint8Array {
  const { scopes, lengths, created, threads, positions, marks } = columns;
  const writer = new UintWriter();
  const least = created.reduce((a, b) => (b > 0 && b < a ? b : a), Number.MAX_SAFE_INTEGER);
  writer.write(least);
  let thread = 0;
  let position = 0;
  for (let offset = 0; offset < BLOCK_RECORDS; offset++) {
    const scope = scopes[offset] as number;
    writer.write(scope);
    if (scope === 0) continue;
    writer.write(lengths[offset] as number);
    writer.write(Math.max(0, (created[offset] as number) - least));
    const follows = followOf(
      threads[offset] as number,
      positions[offset] as number,
      thread,
      position,
    );
    writer.write((marks[offset] as number) * 4 + follows);
    if (follows === NO_THREAD) continue;
    if (follows === OTHER_THREAD) writer.write(threads[offset] as number);
    if (follows !== NEXT) writer.write(positions[offset] as number);
    thread = threads[offset] as number;
    position = positions[offset] as number;
  }
  return writer.take();
}

function followOf(
  thread: number,
  position: number,
  before: number,
  beforePosition: number,
): number {
  if (thread === 0) return NO_THREAD;
  if (thread !== before) return OTHER_THREAD;
  return position === beforePosition + 1 ? NEXT : SAME_THREAD;
}

function decodeColumns(bytes: Uint8Array): SlotColumns {
  const columns = emptyColumns();
  const reader = new UintReader(bytes);
  const least = reader.read();
  let thread = 0;
  let position = 0;
  for (let offset = 0; offset < BLOCK_RECORDS; offset++) {
    const scope = reader.read();
    if (scope === 0) continue;
    columns.scopes[offset] = scope;
    columns.lengths[offset] = reader.read();
    columns.created[offset] = least + reader.read();
    const marked = reader.read();
    columns.marks[offset] = Math.floor(marked / 4);
    const follows = marked % 4;
    if (follows === NO_THREAD) continue;
    if (follows === OTHER_THREAD) thread = reader.read();
    position = follows === NEXT ? position + 1 : reader.read();
    columns.threads[offset] = thread;
    columns.positions[offset] = position;
  }
  return columns;
}
