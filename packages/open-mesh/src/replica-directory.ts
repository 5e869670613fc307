import { join } from 'node:path';

/** Where a data directory keeps its replicas, one for each mesh. */
export function replicaDirectory(data: string): string {
  return join(data, 'replicas');
}
