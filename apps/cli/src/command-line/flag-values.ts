import type { Call } from './command.js';
import { UsageError } from './usage-error.js';

/** `a, b,c` as three words; undefined when the flag is absent. */
export function wordsFlag(call: Call, name: string): readonly string[] | undefined {
  const text = call.flag(name);
  if (text === undefined) return undefined;
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** @throws UsageError unless it is a whole number within the bounds */
export function numberFlag(
  call: Call,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = call.flag(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most)
    return value;
  throw new UsageError(`--${name} is a whole number from ${least} to ${most}, not "${text}".`);
}

/** @throws UsageError unless it is a number from 0 to 1 */
export function shareFlag(call: Call, name: string): number | undefined {
  const text = call.flag(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new UsageError(`--${name} is a number from 0 to 1, not "${text}".`);
}

/** @throws UsageError unless it is one of `choices` */
export function choiceFlag<const T extends string>(
  call: Call,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = call.flag(name);
  if (text === undefined) return undefined;
  const chosen = choices.find((choice) => choice === text);
  if (chosen !== undefined) return chosen;
  throw new UsageError(`--${name} is one of ${choices.join(', ')}, not "${text}".`);
}

/** The members of `values` that are not undefined. */
export function given<T extends object>(
  values: {
    readonly [K in keyof T]?: T[K] | undefined;
  },
): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
