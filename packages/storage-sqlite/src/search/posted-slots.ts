import type { PostedRecord, PostedRecords } from '@mnemesh/core';
import { BLOCK_RECORDS, type SlotBlock, type SlotTable } from './slots.js';

const BLOCK_BITS = Math.log2(BLOCK_RECORDS);
const IN_BLOCK = BLOCK_RECORDS - 1;

/** Records that one search met, as they were then: both a decoded block and an unfolded record are replaced when something changes. */
export class PostedSlots implements PostedRecords {
  readonly #table: SlotTable;
  readonly #blocks: (SlotBlock | undefined)[];
  /** The number of the first one that is in no block. */
  readonly #from: number;
  readonly #unfolded: readonly (PostedRecord | undefined)[];

  constructor(table: SlotTable, blocks: number, unfolded: readonly (PostedRecord | undefined)[]) {
    this.#table = table;
    this.#blocks = new Array(blocks).fill(undefined);
    this.#from = blocks * BLOCK_RECORDS;
    this.#unfolded = unfolded;
  }

  /** @throws DamagedIndexError */
  read(block: number): SlotBlock {
    const known = this.#blocks[block] ?? this.#table.read(block);
    this.#blocks[block] = known;
    return known;
  }

  lengthOf(slot: number): number {
    const block = this.#blocks[slot >>> BLOCK_BITS];
    return block?.lengths[slot & IN_BLOCK] ?? this.#unfoldedAt(slot)?.length ?? 0;
  }

  createdOf(slot: number): number {
    const block = this.#blocks[slot >>> BLOCK_BITS];
    return block?.created[slot & IN_BLOCK] ?? this.#unfoldedAt(slot)?.created ?? 0;
  }

  threadOf(slot: number): number {
    const block = this.#blocks[slot >>> BLOCK_BITS];
    return block?.threads[slot & IN_BLOCK] ?? this.#unfoldedAt(slot)?.thread ?? 0;
  }

  positionOf(slot: number): number {
    const block = this.#blocks[slot >>> BLOCK_BITS];
    return block?.positions[slot & IN_BLOCK] ?? this.#unfoldedAt(slot)?.position ?? 0;
  }

  marksOf(slot: number): number {
    const block = this.#blocks[slot >>> BLOCK_BITS];
    return block?.marks[slot & IN_BLOCK] ?? this.#unfoldedAt(slot)?.marks ?? 0;
  }

  #unfoldedAt(slot: number): PostedRecord | undefined {
    return this.#unfolded[slot - this.#from];
  }
}
