import type {
  Conflict,
  ConflictQuery,
  ListQuery,
  MemoryItem,
  MemoryQuery,
  PresentSession,
  Task,
} from '@mnemesh/core';
import type { Answer } from './answer.js';
import type { QuestionKind } from './live-question.js';
import { type InNamespace, placed } from './placed.js';
import { useQuestion } from './use-question.js';

const memory: QuestionKind<MemoryQuery & InNamespace, readonly MemoryItem[]> = {
  name: 'memory',
  ask: (mesh, { namespace, ...query }) => placed(mesh.memory, namespace).list(query),
  watch: (mesh, { namespace }, changed) => placed(mesh.memory, namespace).watch(changed),
};

const tasks: QuestionKind<ListQuery & InNamespace, readonly Task[]> = {
  name: 'tasks',
  ask: (mesh, { namespace, ...query }) => placed(mesh.tasks, namespace).list(query),
  watch: (mesh, { namespace }, changed) => placed(mesh.tasks, namespace).watch(changed),
};

const conflicts: QuestionKind<ConflictQuery, readonly Conflict[]> = {
  name: 'conflicts',
  ask: (mesh, query) => mesh.conflicts.list(query),
  watch: (mesh, _, changed) => mesh.conflicts.watch(changed),
};

const presence: QuestionKind<null, readonly PresentSession[]> = {
  name: 'presence',
  ask: (mesh) => mesh.presence.list(),
  watch: (mesh, _, changed) => mesh.presence.watch(changed),
};

/**
 * Memory items, newest first, as they are now and whenever one of the namespace changes. Like with
 * `memory.list` and `memory.watch`, items that change there count as shown to this mesh's session.
 */
export function useMemory(query: MemoryQuery & InNamespace = {}): Answer<readonly MemoryItem[]> {
  return useQuestion(memory, query);
}

/** Tasks, likewise. */
export function useTasks(query: ListQuery & InNamespace = {}): Answer<readonly Task[]> {
  return useQuestion(tasks, query);
}

/** What somebody should decide, or with `open: 'any'` what a policy decided, too. */
export function useConflicts(query: ConflictQuery = {}): Answer<readonly Conflict[]> {
  return useQuestion(conflicts, query);
}

/** Sessions that are there now, this one among them. */
export function usePresence(): Answer<readonly PresentSession[]> {
  return useQuestion(presence, null);
}
