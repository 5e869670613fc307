export { importYIndexedDb } from './import-y-indexeddb.js';
export { type OpenMeshOptions, openMesh, type StorageKind } from './open-mesh.js';
