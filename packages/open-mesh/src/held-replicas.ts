import { readdir } from 'node:fs/promises';
import {
  type HolderFinding,
  inspectHolder,
  orderOffline,
  socketPlace,
} from '@mnemesh/holder-socket';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { replicaDirectory } from './replica-directory.js';

/** Who holds the replica of a mesh in a data directory. */
export function findHolder(
  data: string,
  mesh: string,
  patienceMs?: number,
): Promise<HolderFinding> {
  return inspectHolder(socketPlace(data, mesh), nodeRuntime(), patienceMs);
}

/** Tells every process that holds a replica of a data directory to leave the network, or to come back. */
export async function tellHoldersOffline(data: string, offline: boolean): Promise<void> {
  const runtime = nodeRuntime();
  const meshes = await readdir(replicaDirectory(data)).catch(() => []);
  await Promise.all(meshes.map((mesh) => orderOffline(socketPlace(data, mesh), offline, runtime)));
}
