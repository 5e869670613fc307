export {
  type BackgroundOptions,
  type BackgroundSync,
  syncInBackground,
} from './background-sync.js';
export { DRAIN_MS, drain, SEND_MS } from './drain.js';
export { type DrainOptions, drainOnSync, type WorkerScope } from './drain-on-sync.js';
export { type DrainableMesh, forgetMesh } from './kept-meshes.js';
