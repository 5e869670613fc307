import type { Task, Tasks } from '@mnemesh/core';
import { MnemeshError, parseRecordId, type RecordId } from '@mnemesh/protocol';
import { refOf } from '../beads/task-of-issue.js';

/**
 * A task by its record's id, its ref (`beads:bd-06px`), or the tracker's own id (`bd-06px`).
 * @throws MnemeshError `not_found`
 */
export async function findTask(tasks: Tasks, name: string): Promise<Task> {
  const id = recordIdOf(name);
  const found =
    (id && (await tasks.get(id))) ??
    (await tasks.getByRef(name)) ??
    (await tasks.getByRef(refOf(name)));
  if (found !== undefined) return found;
  throw new MnemeshError(
    'not_found',
    `There is no task "${name}" on this device. Try: mnemesh task list`,
  );
}

function recordIdOf(name: string): RecordId | undefined {
  try {
    return parseRecordId(name);
  } catch {
    return undefined;
  }
}
