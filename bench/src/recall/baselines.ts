import { lexicalAnalyzer } from '@mnemesh/recall';
import { stemmer } from 'stemmer';
import { openDoor } from '../clients/doors.js';
import type { Searcher, Subject } from './measures.js';
import type { Turn } from './questions.js';

/** BM25's usual constants. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;
const WINDOW = [-2, -1, 0, 0, 1, 2];

/** Stem, stop words, own text twice, two neighbours each side, as one document each: what is to be beaten. */
export const plainWindow: Subject = {
  name: 'plain window',
  open: async ({ turns }) => {
    const terms = turns.map((turn) => termsOf(textOf(turn)));
    return bm25(
      turns,
      turns.map((_, i) => WINDOW.flatMap((offset) => terms[i + offset] ?? [])),
    );
  },
};

/** The same without neighbours. */
export const plainTurns: Subject = {
  name: 'BM25 over turns',
  open: async ({ turns }) =>
    bm25(
      turns,
      turns.map((turn) => termsOf(textOf(turn))),
    ),
};

/** How many different words of the question stand in a turn, as they are; the earlier turn first. */
export const grepLike: Subject = {
  name: 'grep-like',
  open: async ({ turns }) => {
    const texts = turns.map((turn) => textOf(turn).toLowerCase());
    return {
      search: async (question) => {
        const words = [...new Set(question.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [])];
        return ranked(
          turns,
          texts.map((text) => words.filter((word) => text.includes(word)).length),
        );
      },
    };
  },
};

/** MiniSearch over turns with the same stemmer and stop words; its own scoring, which is BM25+. */
export async function miniSearch(): Promise<Subject> {
  const { MiniSearch } = await openDoor('minisearch');
  let bytes = 0;
  return {
    name: 'MiniSearch 7.2',
    open: async ({ turns }): Promise<Searcher> => {
      const index = new MiniSearch({ fields: ['text'], processTerm: (term) => termOf(term) });
      index.addAll(turns.map((turn, id) => ({ id, text: textOf(turn) })));
      bytes += Buffer.byteLength(JSON.stringify(index.toJSON()));
      return {
        search: async (question) => index.search(question).map(({ id }) => (turns[id] as Turn).id),
      };
    },
    indexBytes: async () => bytes,
  };
}

function textOf({ speaker, text, caption }: Turn): string {
  return `${speaker}: ${text} ${caption}`;
}

function termsOf(text: string): readonly string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).flatMap((word) => termOf(word) ?? []);
}

/** Undefined for a word that the product's analyzer leaves out too. */
function termOf(word: string): string | null {
  const plain = word.toLowerCase();
  return lexicalAnalyzer.analyze(plain).terms.length === 0 ? null : stemmer(plain);
}

function bm25(turns: readonly Turn[], documents: readonly (readonly string[])[]): Searcher {
  const counts = documents.map(countsOf);
  const holding = new Map<string, number>();
  for (const each of counts)
    for (const term of each.keys()) holding.set(term, (holding.get(term) ?? 0) + 1);
  const average = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const score = (term: string, i: number): number => {
    const count = counts[i]?.get(term) ?? 0;
    if (count === 0) return 0;
    const held = holding.get(term) ?? 0;
    const rarity = Math.log(1 + (documents.length - held + 0.5) / (held + 0.5));
    const length = (documents[i]?.length ?? 0) / average;
    const dampened = count + SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length);
    return (rarity * count * (SATURATION + 1)) / dampened;
  };
  return {
    search: async (question) => {
      const terms = [...new Set(termsOf(question))];
      return ranked(
        turns,
        documents.map((_, i) => terms.reduce((sum, term) => sum + score(term, i), 0)),
      );
    },
  };
}

function countsOf(terms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

function ranked(turns: readonly Turn[], scores: readonly number[]): readonly string[] {
  return [...scores.keys()]
    .filter((i) => (scores[i] as number) > 0)
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
    .map((i) => (turns[i] as Turn).id);
}
