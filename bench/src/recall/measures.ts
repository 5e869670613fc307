import type { Corpus } from './questions.js';

/** Ranks reported; a subject is asked for as many. */
export const CUTS = [1, 5, 10, 20] as const;
export const ASKED_FOR = 20;

/** Something that answers questions about one conversation. */
export interface Searcher {
  /** Ids of turns, best first. */
  search(question: string): Promise<readonly string[]>;
  close?(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  open(corpus: Corpus): Promise<Searcher>;
  /** Bytes of its index of what it has opened, where it has one. */
  indexBytes?(): Promise<number>;
}

/** Sums over questions. */
export interface Tally {
  questions: number;
  /** For each of `CUTS`: parts of a question's evidence that are found by then. */
  readonly found: number[];
  reciprocal: number;
}

export interface Measured {
  readonly all: Tally;
  readonly byCategory: ReadonlyMap<number, Tally>;
  readonly byCorpus: ReadonlyMap<string, Tally>;
  /** Milliseconds of each query, ascending. */
  readonly times: readonly number[];
}

export async function measure(subject: Subject, corpora: readonly Corpus[]): Promise<Measured> {
  const all = emptyTally();
  const byCategory = new Map<number, Tally>();
  const byCorpus = new Map<string, Tally>();
  const times: number[] = [];
  for (const corpus of corpora) {
    const searcher = await subject.open(corpus);
    for (const { text, category, evidence } of corpus.questions) {
      const began = performance.now();
      const found = await searcher.search(text);
      times.push(performance.now() - began);
      const ranks = evidence.map((id) => found.indexOf(id)).map((at) => (at < 0 ? Infinity : at));
      for (const tally of [all, tallyOf(byCategory, category), tallyOf(byCorpus, corpus.name)])
        count(tally, ranks);
    }
    await searcher.close?.();
  }
  return { all, byCategory, byCorpus, times: times.sort((a, b) => a - b) };
}

export function emptyTally(): Tally {
  return { questions: 0, found: CUTS.map(() => 0), reciprocal: 0 };
}

export function addTally(to: Tally, { questions, found, reciprocal }: Tally): void {
  to.questions += questions;
  to.reciprocal += reciprocal;
  for (const i of CUTS.keys()) to.found[i] = (to.found[i] ?? 0) + (found[i] ?? 0);
}

function tallyOf<K>(tallies: Map<K, Tally>, key: K): Tally {
  const known = tallies.get(key) ?? emptyTally();
  tallies.set(key, known);
  return known;
}

/** @param ranks of a question's evidence, from 0; Infinity for what was not found */
function count(tally: Tally, ranks: readonly number[]): void {
  tally.questions++;
  for (const [i, cut] of CUTS.entries()) {
    const found = ranks.filter((rank) => rank < cut).length;
    tally.found[i] = (tally.found[i] ?? 0) + found / ranks.length;
  }
  const first = Math.min(...ranks);
  if (first < ASKED_FOR) tally.reciprocal += 1 / (first + 1);
}
