import { join } from 'node:path';

/** The database within a mesh's directory. */
export function replicaFile(place: string): string {
  return join(place, 'replica.db');
}

/** A note beside a database in which damage was met: the next opening looks at everything. */
export function suspicionOf(path: string): string {
  return `${path}.suspect`;
}
