import type { PostingList, Postings } from '@mnemesh/core';
import { ASKS } from '../analysis/analyzer.js';
import { Best } from './best.js';
import { Places } from './places.js';
import type { RecallWeights } from './weights.js';

/** A record that may answer, by its slot; or a place in a thread whose neighbours speak of what is asked. */
export interface Candidate {
  readonly slot: number;
  /** From the record at `slot`, in its thread. */
  readonly offset: number;
  readonly isThreaded: boolean;
  /** From the postings alone. */
  readonly score: number;
  /** What other records of this place get, whose own words do not match. */
  readonly placeScore: number;
  /** Part of what was asked, by rarity, that the record or its neighbours hold. */
  readonly reached: number;
  readonly created: number;
}

export interface FirstScoring {
  /** The best first, those equal to the last of them too. */
  readonly candidates: readonly Candidate[];
  /** Of each term of the query. */
  readonly rarities: readonly number[];
}

/**
 * BM25F over a window: a record's own words and those of its neighbours are fields of different
 * weight, each normalised by its own length, saturated together (Robertson, Zaragoza and Taylor, Simple
 * BM25 extension to multiple weighted fields, 2004). A term's rarity is that of the windows that hold it.
 */
export function scorePostings(
  postings: Postings,
  limit: number,
  weights: RecallWeights,
): FirstScoring {
  const averageLength = Math.max(1, postings.length / Math.max(1, postings.records));
  const places = new Places();
  const threads = new ThreadIndex();
  const own = new OwnScores(postings.lists, weights);
  const saturated = saturation(weights);
  const rarities = postings.lists.map((list) => {
    const norms = gather(list, averageLength, places, threads, own, weights);
    const alone = list.threads.reduce((count, thread) => count + (thread === 0 ? 1 : 0), 0);
    const rarity = rarityOf(Math.min(places.touched + alone, postings.records), postings.records);
    own.settle(list, norms, places, rarity);
    places.settle(rarity, saturated);
    return rarity;
  });
  const asked = rarities.reduce((sum, rarity) => sum + rarity, 0);
  return { candidates: best(own, places, asked, limit), rarities };
}

/** Threads by small numbers; most postings follow one of the same thread. */
class ThreadIndex {
  readonly #numbers = new Map<number, number>();
  #last = 0;
  #lastNumber = 0;

  of(thread: number): number {
    if (thread === this.#last) return this.#lastNumber;
    let number = this.#numbers.get(thread);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(thread, number);
    }
    this.#last = thread;
    this.#lastNumber = number;
    return number;
  }
}

/** What a term gives the places around the records that hold it. @returns how often each holds it, by its length */
function gather(
  list: PostingList,
  averageLength: number,
  places: Places,
  threads: ThreadIndex,
  own: OwnScores,
  weights: RecallWeights,
): Float64Array {
  const norms = new Float64Array(list.slots.length);
  for (let i = 0; i < norms.length; i++) {
    const slot = list.slots[i] as number;
    const length = (list.lengths[i] as number) / averageLength;
    const norm =
      (list.counts[i] as number) / (1 - weights.lengthWeight + weights.lengthWeight * length);
    norms[i] = norm;
    const thread = list.threads[i] as number;
    if (thread === 0) {
      own.know(slot, -1, list.created[i] as number);
      continue;
    }
    const number = threads.of(thread);
    const position = list.positions[i] as number;
    own.know(slot, places.gather(number, position, 0, slot, 0), list.created[i] as number);
    const asks = (list.marks[i] as number) / ASKS;
    for (const [offset, weight] of weights.neighbours) {
      // To the place for which this record is the neighbour at `offset`.
      const answered = offset === -1 ? weights.answers * asks : 0;
      if (position >= offset)
        places.gather(number, position - offset, (weight + answered) * norm, slot, -offset);
    }
  }
  return norms;
}

/** What records get for their own words, beyond what their places get for their neighbours'. */
class OwnScores {
  /** Number of each slot's entry, plus one. */
  readonly #entries: Int32Array;
  readonly slots: number[] = [];
  readonly places: number[] = [];
  readonly created: number[] = [];
  readonly scores: number[] = [];
  readonly held: number[] = [];

  readonly #weights: RecallWeights;

  constructor(lists: readonly PostingList[], weights: RecallWeights) {
    this.#weights = weights;
    const last = lists.reduce((most, { slots }) => Math.max(most, slots.at(-1) ?? 0), 0);
    this.#entries = new Int32Array(last + 1);
  }

  know(slot: number, place: number, created: number): void {
    if (this.#entries[slot] !== 0) return;
    this.slots.push(slot);
    this.places.push(place);
    this.created.push(created);
    this.scores.push(0);
    this.held.push(0);
    this.#entries[slot] = this.slots.length;
  }

  settle(list: PostingList, norms: Float64Array, places: Places, rarity: number): void {
    const { own, alone, ownAgain } = this.#weights;
    const saturated = saturation(this.#weights);
    for (let i = 0; i < norms.length; i++) {
      const entry = (this.#entries[list.slots[i] as number] as number) - 1;
      const place = this.places[entry] as number;
      const norm = norms[i] as number;
      const around = place < 0 ? 0 : places.gathered(place);
      const said = (place < 0 ? alone : own) * norm;
      const gained = saturated(around + said) - saturated(around) + ownAgain * saturated(norm);
      this.scores[entry] = (this.scores[entry] as number) + rarity * gained;
      this.held[entry] = (this.held[entry] as number) + rarity;
    }
  }
}

function best(own: OwnScores, places: Places, asked: number, limit: number): readonly Candidate[] {
  const found = new Best<Candidate>(limit, (a, b) => b.score - a.score || b.created - a.created);
  const isOwned = new Uint8Array(places.size);
  for (let i = 0; i < own.slots.length; i++) {
    const place = own.places[i] as number;
    const placeScore = place < 0 ? 0 : places.score(place);
    if (place >= 0) isOwned[place] = 1;
    const score = placeScore + (own.scores[i] as number);
    if (score < (found.worst?.score ?? 0)) continue;
    const reached = place < 0 ? (own.held[i] as number) : places.reached(place);
    found.add({
      slot: own.slots[i] as number,
      offset: 0,
      isThreaded: place >= 0,
      score,
      placeScore,
      reached: reached / asked,
      created: own.created[i] as number,
    });
  }
  for (let place = 0; place < places.size; place++) {
    if (isOwned[place] === 1) continue;
    const score = places.score(place);
    if (score < (found.worst?.score ?? 0)) continue;
    const reached = places.reached(place) / asked;
    const rest = { isThreaded: true, score, placeScore: score, reached, created: 0 };
    found.add({ ...places.beside(place), ...rest });
  }
  return found.ranked();
}

function saturation({ saturation: half }: RecallWeights): (weight: number) => number {
  return (weight) => weight / (half + weight);
}

function rarityOf(holding: number, all: number): number {
  return Math.log(1 + (all - holding + 0.5) / (holding + 0.5));
}
