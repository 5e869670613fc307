export type { Answer } from './answer.js';
export type { QuestionKind } from './live-question.js';
export { MeshProvider, type MeshProviderProps, useMesh } from './mesh-provider.js';
export type { InNamespace } from './placed.js';
export { useConversations, useEvents } from './use-conversations.js';
export { useConflicts, useMemory, usePresence, useTasks } from './use-lists.js';
export { useQuestion } from './use-question.js';
export { type UseRecallOptions, useRecall } from './use-recall.js';
export { useStatus } from './use-status.js';
