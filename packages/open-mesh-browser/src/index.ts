export { type OpenMeshOptions, openMesh } from './open-mesh.js';
