export * from './attached-session.js';
export * from './backoff.js';
export * from './collections/collection.js';
export * from './collections/conversation.js';
export * from './collections/conversation-event.js';
export { derivedOfView } from './collections/definitions.js';
export {
  changedFields,
  type ExpectedChange,
  expectedChange,
} from './collections/expected-change.js';
export {
  type ExpectedCreation,
  expectedRecord,
  namedTopic,
} from './collections/expected-record.js';
export * from './collections/memory.js';
export * from './collections/memory-item.js';
export { MemoryWrite } from './collections/memory-write.js';
export type {
  Persona,
  PersonaInput,
  PersonaPatch,
  Personas,
} from './collections/persona.js';
export type {
  SessionInput,
  SessionQuery,
  SessionRecord,
  Sessions,
} from './collections/session-record.js';
export * from './collections/task.js';
export * from './collections/tool-state.js';
export * from './conflicts/conflict.js';
export { type ContestedPart, isContested } from './contested-parts.js';
export {
  type ContextEntry,
  type ContextOptions,
  type ContextPack,
  type ContextSection,
  estimateTokens,
} from './context-pack.js';
export { ANY_COLLECTION, type NamespacePolicy } from './documents/projection-rules.js';
export { type SegmentLimits, segmentLimits } from './documents/segment-limits.js';
export * from './forgetting/forget-status.js';
export type { NamespaceRetention } from './forgetting/retention.js';
export type { Purge, PurgeOptions } from './forgetting/segment-ends.js';
export * from './identity.js';
export * from './mesh.js';
export type { Policies, PolicyChoice } from './namespace-policies.js';
export * from './open-replica.js';
export * from './ports/index.js';
export * from './presence/presence.js';
export { presenceLimits } from './presence/presence-limits.js';
export { EXCERPT_CHARS } from './prose/excerpt.js';
export type {
  OpenProse,
  Prose,
  ProseChange,
  ProseDocument,
  ProseInput,
  ProsePatch,
  ProseText,
  PulledText,
  ReplaceOptions,
} from './prose/prose-document.js';
export { ProseHandle } from './prose/prose-handle.js';
export { type ProseLimits, proseLimits } from './prose/prose-limits.js';
export { DistantText, type ProseSource } from './prose/prose-source.js';
export { proseTextDefinition } from './prose/prose-text-definition.js';
export { textId } from './prose/text-id.js';
export {
  type RecallAnswer,
  type RecallHit,
  type RecallOptions,
  recalledCollections,
} from './recall.js';
export { canonicalJson } from './records/canonical-json.js';
export { isValidAt, momentMs, type Validity } from './records/moment.js';
export { normalText } from './records/normal-text.js';
export { type Policy, policies } from './records/policies.js';
export type { StoredView } from './records/projection.js';
export { readRecord } from './records/shown.js';
export { LocalIds } from './replica/local-ids.js';
export { Replica } from './replica/replica.js';
export type { ReplicaOptions } from './replica/replica-options.js';
export type { ShownContext } from './session.js';
export * from './status.js';
export type { Reach } from './sync/backfill.js';
export type { Cadence, SyncPreferences } from './sync/cadences.js';
export {
  type ClaimMode,
  type ClaimToken,
  claimModes,
  compareClaims,
  holderOf,
  type TaskClaim,
} from './tasks/claims.js';
export type { TaskCycle, TaskEdge } from './tasks/cycles.js';
export type { TaskCompletion } from './tasks/derive-task.js';
export type { Blocker } from './tasks/task-graph.js';
export type { TaskEvent } from './tasks/task-log.js';
export type { TaskNotice } from './tasks/task-notices.js';
export { isEnd, statesAfter } from './tasks/task-state.js';
export * from './write.js';
