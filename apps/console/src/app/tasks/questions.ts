import type { Task, TaskEvent, TaskSituation } from '@mnemesh/core';
import { hasCode, type RecordId } from '@mnemesh/protocol';
import type { QuestionKind } from '@mnemesh/react';

/** Tasks whose blockers are told on the board, and that are drawn in the graph. */
const TOLD = 400;

export interface TaskStory {
  readonly task: Task;
  readonly situation: TaskSituation;
  readonly log: readonly TaskEvent[];
  /** What it depends on, of what is here. */
  readonly dependsOn: readonly DependencyOf[];
}

export interface DependencyOf {
  readonly type: string;
  readonly on: string;
  readonly task: Task | undefined;
}

/** A task, where it stands and what was done to it: `null` when it is not here. */
export const taskStory: QuestionKind<RecordId, TaskStory | null> = {
  name: 'console/task',
  ask: async (mesh, id) => {
    const task = await mesh.tasks.get(id);
    if (task === undefined) return null;
    try {
      const [situation, log, dependsOn] = await Promise.all([
        mesh.tasks.situation(id),
        mesh.tasks.log(id),
        Promise.all(
          task.dependencies.map(async ({ type, on }) => ({
            type,
            on,
            task:
              (await mesh.tasks.get(on as RecordId).catch(() => undefined)) ??
              (await mesh.tasks.getByRef(on).catch(() => undefined)),
          })),
        ),
      ]);
      return { task, situation, log, dependsOn };
    } catch (error) {
      // Forgotten between two of these.
      if (hasCode(error, 'not_found')) return null;
      throw error;
    }
  },
  watch: (mesh, _, changed) => mesh.tasks.watch(changed),
};

/** Ids of tasks that wait for others. */
export const blockedIds: QuestionKind<null, readonly string[]> = {
  name: 'console/blocked',
  ask: async (mesh) =>
    (await mesh.tasks.blocked({ limit: TOLD, capabilities: 'any' })).map(({ task }) => task.id),
  watch: (mesh, _, changed) => mesh.tasks.watch(changed),
};

export interface TaskGraph {
  readonly tasks: readonly Task[];
  /** More are here than are drawn. */
  readonly isCut: boolean;
  /** Edges that a cycle ignores, as `task on`. */
  readonly ignored: readonly string[];
}

export const taskGraph: QuestionKind<null, TaskGraph> = {
  name: 'console/graph',
  ask: async (mesh) => {
    const [tasks, cycles] = await Promise.all([
      mesh.tasks.list({ limit: TOLD + 1 }),
      mesh.tasks.cycles(),
    ]);
    return {
      tasks: tasks.slice(0, TOLD),
      isCut: tasks.length > TOLD,
      ignored: cycles.map(({ ignored }) => `${ignored.from} ${ignored.to}`),
    };
  },
  watch: (mesh, _, changed) => mesh.tasks.watch(changed),
};
