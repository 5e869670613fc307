import { MnemeshError } from '@mnemesh/protocol';

/** The Agent2Agent protocol's task states. */
export const taskStates = [
  'submitted',
  'working',
  'input_required',
  'auth_required',
  'completed',
  'failed',
  'canceled',
  'rejected',
] as const;
export type TaskState = (typeof taskStates)[number];

/** States of a task that is not over: any of them may follow any other. */
export const openStates = ['submitted', 'working', 'input_required', 'auth_required'] as const;

/** Nothing follows an end: who wants more creates a task that depends on this one, or says why it is done again. */
export function isEnd(state: TaskState): boolean {
  return !(openStates as readonly TaskState[]).includes(state);
}

/** The states that may follow this one. Writing the state again is no transition, and always allowed. */
export function statesAfter(state: TaskState): readonly TaskState[] {
  return isEnd(state) ? [] : taskStates.filter((next) => next !== state);
}

/** @throws MnemeshError `already_completed`, or `illegal_transition`, saying which states are legal */
export function refuseTransition(from: TaskState, to: TaskState): void {
  if (from === to && from !== 'completed') return;
  if (from === 'completed') throw alreadyCompleted();
  const legal = statesAfter(from);
  if (legal.includes(to)) return;
  throw new MnemeshError(
    'illegal_transition',
    `This task is ${from}, which is an end: it cannot become ${to}. Create a new task, and let it depend on this one if need be.`,
  );
}

export function alreadyCompleted(): MnemeshError {
  return new MnemeshError(
    'already_completed',
    'This task is completed already. Read it to see by whom; to add something, comment on it or create a new task.',
  );
}
