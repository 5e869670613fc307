export {
  type ReplicaScaleOptions,
  type ReplicaScaleResult,
  runReplicaScale,
} from './run-replica-scale.js';
export { replicaScaleTable } from './table.js';
