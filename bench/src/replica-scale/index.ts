export { replicaScaleChecks } from './checks.js';
export {
  type ReplicaScaleOptions,
  type ReplicaScaleResult,
  runReplicaScale,
} from './run-replica-scale.js';
export { manyConversations } from './shape.js';
export { replicaScaleTable } from './table.js';
