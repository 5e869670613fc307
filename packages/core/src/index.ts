export * from './backoff.js';
export * from './collections/collection.js';
export * from './collections/conversation.js';
export * from './collections/conversation-event.js';
export { derivedOfView } from './collections/definitions.js';
export * from './collections/memory-item.js';
export * from './collections/task.js';
export * from './collections/tool-state.js';
export { type SegmentLimits, segmentLimits } from './documents/segment-limits.js';
export * from './identity.js';
export * from './mesh.js';
export * from './open-replica.js';
export * from './ports/index.js';
export {
  type RecallAnswer,
  type RecallHit,
  type RecallOptions,
  recalledCollections,
} from './recall.js';
export { canonicalJson } from './records/canonical-json.js';
export type { Policy } from './records/policies.js';
export type { StoredView } from './records/projection.js';
export { Replica, type ReplicaOptions } from './replica/replica.js';
export * from './status.js';
export type { Reach } from './sync/relay-link.js';
export * from './write.js';
