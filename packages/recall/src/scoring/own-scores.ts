import type { PostedRecords, PostingList, Postings } from '@mnemesh/core';
import { ASKS } from '../analysis/analyzer.js';
import type { Places } from './places.js';
import { ThreadIndex } from './thread-index.js';
import type { RecallWeights } from './weights.js';

/**
 * What records get for their own words, beyond what their places get for their neighbours'. What a record is to
 * its place and those around is looked up when a term first leads to it, not for each of its terms.
 */
export class OwnScores {
  readonly #posted: PostedRecords;
  readonly #averageLength: number;
  readonly #weights: RecallWeights;
  readonly #offsets: Int32Array;
  /** Of each neighbour, and how much more where the record asks. */
  readonly #given: Float64Array;
  readonly #givenAsked: Float64Array;
  readonly #threads = new ThreadIndex();
  /** Number of each slot's entry, plus one. */
  readonly #entries: Int32Array;
  readonly slots: Uint32Array;
  /** -1 for a record that is in no thread. */
  readonly places: Int32Array;
  readonly scores: Float64Array;
  readonly held: Float64Array;
  /** By what a term's count is divided, for the record's length. */
  readonly #divisors: Float64Array;
  readonly #marks: Uint8Array;
  /** Of each neighbour of each entry, the place; -1 before the thread's first. */
  readonly #beside: Int32Array;
  size = 0;
  /** Entries that hold the term at hand, and what each gets of it. */
  readonly #holding: Int32Array;
  readonly #norms: Float64Array;
  #holders = 0;

  /** @param leading those lists that may bring new entries */
  constructor(
    { lists, length, records, posted }: Postings,
    leading: readonly PostingList[],
    weights: RecallWeights,
  ) {
    this.#posted = posted;
    this.#averageLength = Math.max(1, length / Math.max(1, records));
    this.#weights = weights;
    const { neighbours, answers } = weights;
    this.#offsets = Int32Array.from(neighbours, ([offset]) => offset);
    this.#given = Float64Array.from(neighbours, ([, weight]) => weight);
    // To the event before one that asks.
    this.#givenAsked = Float64Array.from(neighbours, ([offset]) => (offset === -1 ? answers : 0));
    const last = lists.reduce((most, { slots }) => Math.max(most, slots.at(-1) ?? 0), 0);
    const most = leading.reduce((sum, { slots }) => sum + slots.length, 0);
    this.#entries = new Int32Array(last + 1);
    this.slots = new Uint32Array(most);
    this.places = new Int32Array(most);
    this.scores = new Float64Array(most);
    this.held = new Float64Array(most);
    this.#divisors = new Float64Array(most);
    this.#marks = new Uint8Array(most);
    this.#beside = new Int32Array(most * weights.neighbours.length);
    this.#holding = new Int32Array(most);
    this.#norms = new Float64Array(most);
  }

  /**
   * What a term gives the places around the records that hold it.
   * @param leads false: it is looked at only where it stands beside words that led
   * @returns how many of the records are in no thread
   */
  gather({ slots, counts }: PostingList, places: Places, leads: boolean): number {
    let alone = 0;
    let holders = 0;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number;
      let entry = (this.#entries[slot] as number) - 1;
      if (entry < 0) {
        if (!leads) continue;
        entry = this.#know(slot, places);
      }
      const norm = (counts[i] as number) / (this.#divisors[entry] as number);
      this.#holding[holders] = entry;
      this.#norms[holders] = norm;
      holders++;
      if ((this.places[entry] as number) < 0) alone++;
      else this.#give(entry, norm, places);
    }
    this.#holders = holders;
    return alone;
  }

  /** Adds what the term at hand gathered. Before the places settle. */
  settle(places: Places, rarity: number): void {
    const { own, alone, ownAgain, saturation: half } = this.#weights;
    for (let i = 0; i < this.#holders; i++) {
      const entry = this.#holding[i] as number;
      const norm = this.#norms[i] as number;
      const place = this.places[entry] as number;
      const around = place < 0 ? 0 : places.gathered(place);
      const whole = around + (place < 0 ? alone : own) * norm;
      const gained = whole / (half + whole) - around / (half + around);
      const again = (ownAgain * norm) / (half + norm);
      this.scores[entry] = (this.scores[entry] as number) + rarity * (gained + again);
      this.held[entry] = (this.held[entry] as number) + rarity;
    }
  }

  #know(slot: number, places: Places): number {
    const entry = this.size++;
    this.#entries[slot] = this.size;
    this.slots[entry] = slot;
    const { lengthWeight } = this.#weights;
    const length = this.#posted.lengthOf(slot) / this.#averageLength;
    this.#divisors[entry] = 1 - lengthWeight + lengthWeight * length;
    const thread = this.#posted.threadOf(slot);
    if (thread === 0) {
      this.places[entry] = -1;
      return entry;
    }
    const number = this.#threads.of(thread);
    const position = this.#posted.positionOf(slot);
    this.#marks[entry] = this.#posted.marksOf(slot);
    this.places[entry] = places.at(number, position, slot, 0);
    const offsets = this.#offsets;
    for (let n = 0; n < offsets.length; n++) {
      const offset = offsets[n] as number;
      // The place for which this record is the neighbour at `offset`.
      this.#beside[entry * offsets.length + n] =
        position < offset ? -1 : places.at(number, position - offset, slot, -offset);
    }
    return entry;
  }

  /** To the places around, of one term. */
  #give(entry: number, norm: number, places: Places): void {
    const asks = (this.#marks[entry] as number) / ASKS;
    places.give(this.places[entry] as number, 0);
    const neighbours = this.#offsets.length;
    for (let n = 0; n < neighbours; n++) {
      const place = this.#beside[entry * neighbours + n] as number;
      if (place < 0) continue;
      const weight = (this.#given[n] as number) + (this.#givenAsked[n] as number) * asks;
      places.give(place, weight * norm);
    }
  }
}
