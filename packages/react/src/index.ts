export type { Answer } from './answer.js';
export { MeshProvider, type MeshProviderProps, useMesh } from './mesh-provider.js';
export {
  type InNamespace,
  useConflicts,
  useMemory,
  usePresence,
  useTasks,
} from './use-lists.js';
export { type UseRecallOptions, useRecall } from './use-recall.js';
export { useStatus } from './use-status.js';
