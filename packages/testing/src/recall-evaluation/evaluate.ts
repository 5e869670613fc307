import { SeededRandom } from '../seeded-random.js';
import {
  caseWriters,
  type EvaluationCase,
  type EvaluationKind,
  evaluationKinds,
  type Team,
} from './cases.js';
import { chatter } from './words.js';

/** Items about nothing in particular, among which the others are to be found. */
const CHATTER = 60;

export interface KindResult {
  readonly kind: EvaluationKind;
  readonly cases: number;
  readonly right: number;
  /** Questions that were not answered rightly. */
  readonly wrong: readonly string[];
}

/**
 * Asks a team's memory what such memories are for: more than 200 questions from seeded templates. All
 * is written before anything is asked, so that every kind has all the others in its way.
 */
export async function evaluateRecall(team: Team, seed: number): Promise<readonly KindResult[]> {
  const random = new SeededRandom(seed);
  for (let n = 0; n < CHATTER; n++)
    await random.pick(team).memory.create({ content: `${random.pick(chatter)} (${n}).` });
  const cases: EvaluationCase[] = [];
  // What changes no rank is written last.
  const order = [...evaluationKinds].sort(
    (a, b) => Number(a === 'isolation') - Number(b === 'isolation'),
  );
  for (const kind of order) cases.push(...(await caseWriters[kind](team, random)));
  const wrong = new Map<EvaluationKind, string[]>();
  for (const { kind, question, ask, isRight } of cases) {
    if (isRight(await ask())) continue;
    wrong.set(kind, [...(wrong.get(kind) ?? []), question]);
  }
  return evaluationKinds.map((kind) => {
    const count = cases.filter((one) => one.kind === kind).length;
    const failed = wrong.get(kind) ?? [];
    return { kind, cases: count, right: count - failed.length, wrong: failed };
  });
}
