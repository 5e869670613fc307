import { defaultWeights, type RecallWeights } from '@mnemesh/recall';
import { seeded } from '../data/seeded.js';
import { addTally, emptyTally, type Measured, measure, type Tally } from './measures.js';
import type { Product } from './product.js';
import type { Corpus } from './questions.js';
import { figures } from './table.js';

export interface LeaveOneOut {
  /** Each conversation measured with the variant that was best on the others. */
  readonly held: Tally;
  readonly chosen: readonly { readonly corpus: string; readonly variant: number }[];
  readonly variants: number;
}

/**
 * Leave-one-conversation-out: draws variants around the shipped weights, and measures each conversation with
 * the one that is best on the others. The gap to the shipped weights tells what fitting them to the file is worth.
 */
export async function leaveOneOut(
  product: Product,
  corpora: readonly Corpus[],
  variants: number,
  log: (line: string) => void,
): Promise<LeaveOneOut> {
  const random = seeded(1);
  const measured: Measured[] = [];
  for (let n = 0; n < variants; n++) {
    const weights = n === 0 ? {} : variant(random);
    const result = await measure(product.variant(weights), corpora);
    measured.push(result);
    log(`variant ${n} of ${variants}: ${figures(result.all).join(' ')} ${JSON.stringify(weights)}`);
  }
  const held = emptyTally();
  const chosen = corpora.map(({ name }) => {
    const worths = measured.map(({ byCorpus }) => worthWithout(byCorpus, name));
    const best = worths.indexOf(Math.max(...worths));
    addTally(held, measured[best]?.byCorpus.get(name) ?? emptyTally());
    return { corpus: name, variant: best };
  });
  return { held, chosen, variants };
}

/** R@10 and MRR together, over all conversations but one. */
function worthWithout(byCorpus: ReadonlyMap<string, Tally>, left: string): number {
  const sum = emptyTally();
  for (const [name, tally] of byCorpus) if (name !== left) addTally(sum, tally);
  return ((sum.found[2] ?? 0) + sum.reciprocal) / sum.questions;
}

const TUNED = [
  'saturation',
  'lengthWeight',
  'own',
  'answers',
  'ownAgain',
  'speaker',
  'asks',
  'when',
  'shortText',
  'session',
] as const satisfies readonly (keyof RecallWeights)[];

/** Each weight between half of the shipped one and one and a half of it. */
function variant(random: () => number): Partial<RecallWeights> {
  const scaled = (value: number): number => Number((value * (0.5 + random())).toFixed(3));
  const weights = TUNED.map((name) => [name, scaled(defaultWeights[name])] as const);
  const neighbours = defaultWeights.neighbours.map(
    ([offset, weight]) => [offset, scaled(weight)] as const,
  );
  return { ...Object.fromEntries(weights), neighbours };
}
