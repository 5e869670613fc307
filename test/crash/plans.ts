import { randomInt } from 'node:crypto';
import type { SeededRandom } from '@mnemesh/testing';
import type { Stage, Step } from '../processes/messages.js';

/** `MNEMESH_CRASH_SEED` repeats the moments and the plans of a run, though not what the machine made of them. */
export const crashSeed = process.env.MNEMESH_CRASH_SEED ?? String(randomInt(2 ** 32));

/** Kills of each victim; `MNEMESH_CRASH_KILLS` asks for more or fewer. */
export const crashKills = Number(process.env.MNEMESH_CRASH_KILLS ?? 25);

/** Steps of one writer, before its plan begins again. */
const PLAN_STEPS = 60;

/** Single writes, small and large batches, changes of one task and forgetting, in random order. */
export function randomPlan(random: SeededRandom, stages: readonly Stage[]): readonly Step[] {
  return Array.from({ length: PLAN_STEPS }, () => randomStep(random, random.pick(stages)));
}

function randomStep(random: SeededRandom, until: Stage): Step {
  const kind = random.weighted({ one: 8, few: 4, batch: 1, large: 1, turn: 5, forget: 3 });
  switch (kind) {
    case 'one':
      return { kind: 'create', count: 1, bytes: 40, until };
    case 'few':
      return { kind: 'create', count: random.between(2, 6), bytes: 40, until };
    case 'batch':
      return { kind: 'create', count: random.between(20, 30), bytes: 100, until };
    case 'large':
      return { kind: 'create', count: random.between(1, 3), bytes: 20_000, until };
    default:
      return { kind, until };
  }
}

/** Passes some time before a kill: what is tested is that the moment does not matter. */
export function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
