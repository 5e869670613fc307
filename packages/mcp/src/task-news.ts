import type { Mesh, TaskNotice } from '@mnemesh/core';
import { mcpLimits } from './mcp-limits.js';

/**
 * What others' work did to the tasks of one session, kept until a tool tells it: a model hears only
 * what it is answered.
 */
export class TaskNews {
  readonly #notices: TaskNotice[] = [];
  #stop: () => void = () => undefined;

  listen(mesh: Mesh): void {
    this.#stop();
    this.#stop = mesh.tasks.notices((notices) => {
      this.#notices.push(...notices);
      // What became of a task, the task itself shows for ever.
      this.#notices.splice(0, this.#notices.length - mcpLimits.taskNotices);
    });
  }

  /** What was not told yet, oldest first. */
  take(): readonly TaskNotice[] {
    return this.#notices.splice(0);
  }

  close(): void {
    this.#stop();
  }
}
