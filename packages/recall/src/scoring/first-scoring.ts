import type { PostedRecords, PostingList, Postings } from '@mnemesh/core';
import { Best } from './best.js';
import { OwnScores } from './own-scores.js';
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
 */
export function scorePostings(postings: Postings, weights: RecallWeights): ScoredPostings {
  const lists = rarestFirst(postings.lists);
  const leading = leadingOf(lists, weights);
  const places = new Places();
  const own = new OwnScores(postings, leading, weights);
  let asked = 0;
  for (const [i, list] of lists.entries()) {
    const leads = i < leading.length;
    const alone = own.gather(list, places, leads);
    const windows = leads ? places.touched + alone : list.slots.length;
    const rarity = rarityOf(Math.min(windows, postings.records), postings.records);
    own.settle(places, rarity);
    places.settle(rarity, weights.saturation);
    asked += rarity;
  }
  return new ScoredPostings(postings.posted, own, places, asked);
}

/** Lists of equal length in the order of the query. */
function rarestFirst(lists: readonly PostingList[]): readonly PostingList[] {
  return [...lists].sort((a, b) => a.slots.length - b.slots.length);
}

/** Words that stand nearly everywhere would bring everything: they only weigh what rarer ones led to. */
function leadingOf(
  lists: readonly PostingList[],
  { leadingPostings }: RecallWeights,
): readonly PostingList[] {
  let led = 0;
  const beyond = lists.findIndex(({ slots }) => {
    if (led > 0 && led + slots.length > leadingPostings) return true;
    led += slots.length;
    return false;
  });
  return beyond < 0 ? lists : lists.slice(0, beyond);
}

/** Every record and place that the postings lead to, scored: how many of them are looked at is settled later. */
export class ScoredPostings {
  readonly #posted: PostedRecords;
  readonly #own: OwnScores;
  readonly #places: Places;
  readonly #asked: number;
  /** Places of records that have a score of their own. */
  readonly #isOwned: Uint8Array;

  constructor(posted: PostedRecords, own: OwnScores, places: Places, asked: number) {
    this.#posted = posted;
    this.#own = own;
    this.#places = places;
    this.#asked = asked;
    this.#isOwned = new Uint8Array(places.size);
    for (let i = 0; i < own.size; i++) {
      const place = own.places[i] as number;
      if (place >= 0) this.#isOwned[place] = 1;
    }
  }

  /** The best first, those equal to the last of them too. */
  best(limit: number): readonly Candidate[] {
    const found = new Best<Candidate>(limit, (a, b) => b.score - a.score || b.created - a.created);
    this.#addOwn(found);
    this.#addPlaces(found);
    return found.ranked();
  }

  #addOwn(found: Best<Candidate>): void {
    const own = this.#own;
    for (let i = 0; i < own.size; i++) {
      const place = own.places[i] as number;
      const placeScore = place < 0 ? 0 : this.#places.score(place);
      const score = placeScore + (own.scores[i] as number);
      if (score < (found.worst?.score ?? 0)) continue;
      const slot = own.slots[i] as number;
      const reached = place < 0 ? (own.held[i] as number) : this.#places.reached(place);
      found.add({
        slot,
        offset: 0,
        score,
        reached: reached / this.#asked,
        created: this.#posted.createdOf(slot),
      });
    }
  }

  #addPlaces(found: Best<Candidate>): void {
    const places = this.#places;
    for (let place = 0; place < places.size; place++) {
      if (this.#isOwned[place] === 1) continue;
      const score = places.score(place);
      if (score < (found.worst?.score ?? 0)) continue;
      // Written out: of a rare word nearly all candidates are places, and spread objects are slow to make.
      found.add({
        slot: places.slotBeside(place),
        offset: places.offsetOf(place),
        score,
        reached: places.reached(place) / this.#asked,
        created: 0,
      });
    }
  }
}

function rarityOf(holding: number, all: number): number {
  return Math.log(1 + (all - holding + 0.5) / (holding + 0.5));
}
