/** See `defaultWeights` for what each is. */
export interface RecallWeights {
  readonly saturation: number;
  readonly lengthWeight: number;
  readonly own: number;
  readonly alone: number;
  readonly neighbours: readonly (readonly [offset: number, weight: number])[];
  readonly answers: number;
  readonly ownAgain: number;
  readonly candidates: number;
  readonly leadingPostings: number;
  readonly speaker: number;
  readonly asks: number;
  readonly when: number;
  readonly shortText: number;
  readonly session: number;
  readonly topic: number;
  readonly tag: number;
  readonly importance: number;
  readonly recency: number;
  readonly recencyDays: number;
  readonly fusionOffset: number;
  readonly nearDuplicate: number;
  readonly abstainBelow: number;
}

/**
 * Every number of the scorer, tuned by `bench/src/recall/tune.ts` on conversations of people, one
 * left out at a time; docs/decisions/recall-scoring.md tells what each is good for.
 */
export const defaultWeights: RecallWeights = {
  /** BM25's saturation and length normalisation (Robertson and Zaragoza, 2009). */
  saturation: 2,
  lengthWeight: 0.4,
  /** How a record's own words count beside those of its neighbours. */
  own: 2,
  /** A record in no thread has no neighbours to support it. */
  alone: 4,
  /** Words of the event so many places before (-) or after. */
  neighbours: [
    [-2, 0.8],
    [-1, 1.2],
    [1, 0.8],
    [2, 0.5],
  ],
  /** More for the event before when it asks: its words are what the answer is about. */
  answers: 1.5,
  /** The record's own words once more, apart from its window. */
  ownAgain: 0.3,
  /** What is looked at closely after the first scoring. */
  candidates: 64,
  /** Postings, the rarest term's first, that may bring candidates; words beyond it count only where those led. */
  leadingPostings: 4_000,

  /** Said by whom the query names. */
  speaker: 0.2,
  /** A question seldom is the evidence. */
  asks: 0.15,
  /** The query asks when, and the text tells of a time. */
  when: 0.2,
  /** Terms at which a text counts half: `Thanks!` tells little. */
  shortText: 2,
  /** The best other candidate of the same session supports this one. */
  session: 0.2,
  /** The query names the record's topic, or a tag of it. */
  topic: 0.15,
  tag: 0.1,
  /** From the least important to the most: ± this. Without importance: as if 0.5. */
  importance: 0.2,
  /** What is fresh counts this much more; half of it after `recencyDays`. */
  recency: 0.05,
  recencyDays: 30,

  /** Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009). */
  fusionOffset: 60,
  /** Of two texts that share this part of their terms, the lower one is left out. */
  nearDuplicate: 0.9,
  /** Part of what was asked, by rarity, that the best hit must speak of. */
  abstainBelow: 0.5,
};
