export { openMesh } from './open-mesh.js';
export type { OpenMeshOptions, PeerOptions } from './open-mesh-options.js';
