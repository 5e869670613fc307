export { type OpenMeshOptions, openMesh, type StorageKind } from './open-mesh.js';
