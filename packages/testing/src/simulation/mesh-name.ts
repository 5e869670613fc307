import { type MeshId, parseMeshId } from '@mnemesh/protocol';

/** The mesh of every simulated world. */
export const MESH: MeshId = parseMeshId('team');
