export { importYIndexedDb } from './import-y-indexeddb.js';
export { openMesh } from './open-mesh.js';
export type { OpenMeshOptions, PeerOptions, StorageKind } from './open-mesh-options.js';
