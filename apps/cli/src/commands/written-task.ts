import type { Task } from '@mnemesh/core';
import type { Call } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { finishWrite, type OpenCall, reachedText } from '../command-line/open-call.js';
import { taskLine } from './record-text.js';

/** Shows a task as it was written, and how far that has come. */
export async function writtenTask(call: Call, open: OpenCall, task: Task): Promise<0> {
  const reached = await finishWrite(call, open);
  if (call.terminal.json) call.terminal.printJson({ reached, record: task });
  else {
    call.terminal.print(taskLine(call.terminal, task));
    call.terminal.note(reachedText(open.mesh, reached));
  }
  return exitCodes.ok;
}
