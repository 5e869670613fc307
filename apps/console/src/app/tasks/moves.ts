import {
  statesAfter,
  type Task,
  type TaskState,
  type Tasks,
  taskStates,
  type Write,
} from '@mnemesh/core';

/** How states are called on the page, in the order of the columns. */
export const stateNames: Readonly<Record<TaskState, string>> = {
  submitted: 'Submitted',
  working: 'Working',
  input_required: 'Input required',
  auth_required: 'Auth required',
  completed: 'Completed',
  failed: 'Failed',
  canceled: 'Canceled',
  rejected: 'Rejected',
};

export function isLegal(from: TaskState, to: TaskState): boolean {
  return statesAfter(from).includes(to);
}

/** The next column to that side that the task may move to. */
export function neighbour(from: TaskState, side: 'left' | 'right'): TaskState | undefined {
  const at = taskStates.indexOf(from);
  const candidates =
    side === 'right' ? taskStates.slice(at + 1) : taskStates.slice(0, at).reverse();
  return candidates.find((to) => isLegal(from, to));
}

/** A completion is more than a state: it says whose work counts. */
export function move(tasks: Tasks, { id }: Pick<Task, 'id'>, to: TaskState): Write<Task> {
  if (to === 'completed') return tasks.complete(id);
  return tasks.update(id, { status: to }, 'Moved on the board');
}

/** What is being dragged over the board. */
export type Dragged = Pick<Task, 'id' | 'status' | 'title'> | undefined;
