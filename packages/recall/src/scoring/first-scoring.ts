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
  /** From the postings alone. */
  readonly score: number;
  /** Part of what was asked, by rarity, that the record or its neighbours hold. */
  readonly reached: number;
  readonly created: number;
}

/**
 * BM25F over a window: a record's own words and those of its neighbours are fields of different
 * weight, each normalised by its own length, saturated together (Robertson, Zaragoza and Taylor, Simple
 * BM25 extension to multiple weighted fields, 2004). A term's rarity is that of the windows that hold it.
 * Terms are taken rarest first, and past a number of postings bring no new candidates ("continue" of
 * Moffat and Zobel, Self-indexing inverted files for fast text retrieval, 1996).
 * @returns the best first, those equal to the last of them too
 */
export function scorePostings(
  postings: Postings,
  limit: number,
  weights: RecallWeights,
): readonly Candidate[] {
  const averageLength = Math.max(1, postings.length / Math.max(1, postings.records));
  const places = new Places();
  const threads = new ThreadIndex();
  const own = new OwnScores(postings.lists, weights);
  const saturated = saturation(weights);
  let asked = 0;
  let led = 0;
  for (const list of rarestFirst(postings.lists)) {
    // Words that stand nearly everywhere would bring everything: they only weigh what rarer ones led to.
    const leads = led === 0 || led + list.slots.length <= weights.leadingPostings;
    if (leads) led += list.slots.length;
    const gathered = gather(list, averageLength, places, threads, own, weights, leads);
    const windows = leads ? places.touched + gathered.alone : list.slots.length;
    const rarity = rarityOf(Math.min(windows, postings.records), postings.records);
    own.settle(list, gathered, places, rarity);
    places.settle(rarity, saturated);
    asked += rarity;
  }
  return best(own, places, asked, limit);
}

/** Lists of equal length in the order of the query. */
function rarestFirst(lists: readonly PostingList[]): readonly PostingList[] {
  return [...lists].sort((a, b) => a.slots.length - b.slots.length);
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

/** What a term's postings are to the records that hold it. */
interface Gathered {
  /** Of each posting: how often the record holds the term, by its length. 0 where it is no candidate. */
  readonly norms: Float64Array;
  /** Postings of records that are in no thread. */
  readonly alone: number;
}

/** What a term gives the places around the records that hold it. */
function gather(
  list: PostingList,
  averageLength: number,
  places: Places,
  threads: ThreadIndex,
  own: OwnScores,
  { lengthWeight, neighbours, answers }: RecallWeights,
  leads: boolean,
): Gathered {
  const norms = new Float64Array(list.slots.length);
  let alone = 0;
  for (let i = 0; i < norms.length; i++) {
    const slot = list.slots[i] as number;
    // A word that leads to nothing new is looked at only where it stands beside words that led.
    if (!leads && !own.knows(slot)) continue;
    const thread = list.threads[i] as number;
    const length = (list.lengths[i] as number) / averageLength;
    const norm = (list.counts[i] as number) / (1 - lengthWeight + lengthWeight * length);
    if (thread === 0) {
      alone++;
      own.know(slot, -1, list.created[i] as number);
      norms[i] = norm;
      continue;
    }
    const number = threads.of(thread);
    const position = list.positions[i] as number;
    const place = places.gather(number, position, 0, slot, 0, leads);
    own.know(slot, place, list.created[i] as number);
    norms[i] = norm;
    const asks = (list.marks[i] as number) / ASKS;
    for (let n = 0; n < neighbours.length; n++) {
      const [offset, weight] = neighbours[n] as readonly [number, number];
      if (position < offset) continue;
      // To the place for which this record is the neighbour at `offset`.
      const amount = (weight + (offset === -1 ? answers * asks : 0)) * norm;
      places.gather(number, position - offset, amount, slot, -offset, leads);
    }
  }
  return { norms, alone };
}

/** What records get for their own words, beyond what their places get for their neighbours'. */
class OwnScores {
  /** Number of each slot's entry, plus one. */
  readonly #entries: Int32Array;
  readonly #weights: RecallWeights;
  readonly slots: Uint32Array;
  readonly places: Int32Array;
  readonly created: Float64Array;
  readonly scores: Float64Array;
  readonly held: Float64Array;
  size = 0;

  constructor(lists: readonly PostingList[], weights: RecallWeights) {
    this.#weights = weights;
    const last = lists.reduce((most, { slots }) => Math.max(most, slots.at(-1) ?? 0), 0);
    const most = lists.reduce((sum, { slots }) => sum + slots.length, 0);
    this.#entries = new Int32Array(last + 1);
    this.slots = new Uint32Array(most);
    this.places = new Int32Array(most);
    this.created = new Float64Array(most);
    this.scores = new Float64Array(most);
    this.held = new Float64Array(most);
  }

  knows(slot: number): boolean {
    return this.#entries[slot] !== 0;
  }

  know(slot: number, place: number, created: number): void {
    if (this.knows(slot)) return;
    const entry = this.size++;
    this.slots[entry] = slot;
    this.places[entry] = place;
    this.created[entry] = created;
    this.#entries[slot] = this.size;
  }

  settle(list: PostingList, { norms }: Gathered, places: Places, rarity: number): void {
    const { own, alone, ownAgain, saturation: half } = this.#weights;
    for (let i = 0; i < norms.length; i++) {
      const norm = norms[i] as number;
      if (norm === 0) continue;
      const entry = (this.#entries[list.slots[i] as number] as number) - 1;
      const place = this.places[entry] as number;
      const around = place < 0 ? 0 : places.gathered(place);
      const whole = around + (place < 0 ? alone : own) * norm;
      const gained = whole / (half + whole) - around / (half + around);
      const again = (ownAgain * norm) / (half + norm);
      this.scores[entry] = (this.scores[entry] as number) + rarity * (gained + again);
      this.held[entry] = (this.held[entry] as number) + rarity;
    }
  }
}

function best(own: OwnScores, places: Places, asked: number, limit: number): readonly Candidate[] {
  const found = new Best<Candidate>(limit, (a, b) => b.score - a.score || b.created - a.created);
  const isOwned = new Uint8Array(places.size);
  for (let i = 0; i < own.size; i++) {
    const place = own.places[i] as number;
    const placeScore = place < 0 ? 0 : places.score(place);
    if (place >= 0) isOwned[place] = 1;
    const score = placeScore + (own.scores[i] as number);
    if (score < (found.worst?.score ?? 0)) continue;
    const reached = place < 0 ? (own.held[i] as number) : places.reached(place);
    found.add({
      slot: own.slots[i] as number,
      offset: 0,
      score,
      reached: reached / asked,
      created: own.created[i] as number,
    });
  }
  for (let place = 0; place < places.size; place++) {
    if (isOwned[place] === 1) continue;
    const score = places.score(place);
    if (score < (found.worst?.score ?? 0)) continue;
    const reached = places.reached(place) / asked;
    const rest = { score, reached, created: 0 };
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
