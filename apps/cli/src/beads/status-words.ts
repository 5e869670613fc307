import type { TaskState } from '@mnemesh/core';

const STATES: ReadonlyMap<string, TaskState> = new Map([
  ['open', 'submitted'],
  ['in_progress', 'working'],
  // Handed to an agent that has not begun: nobody works on it yet.
  ['hooked', 'submitted'],
  // Somebody marked it as stuck, which is more than a dependency says: it waits for an answer.
  ['blocked', 'input_required'],
  ['closed', 'completed'],
  ['tombstone', 'canceled'],
]);

const WORDS: Readonly<Record<TaskState, string>> = {
  submitted: 'open',
  working: 'in_progress',
  input_required: 'blocked',
  auth_required: 'blocked',
  completed: 'closed',
  failed: 'closed',
  // Not `tombstone`: the tracker forgets those after a while, and nobody asked for that.
  canceled: 'closed',
  rejected: 'closed',
};

/** The task state for a tracker's word. Words it does not know count as not begun; the word is kept. */
export function stateOf(word: string): TaskState {
  return STATES.get(word) ?? 'submitted';
}

/** The tracker's word for a state that was set here. */
export function wordOf(state: TaskState): string {
  return WORDS[state];
}
