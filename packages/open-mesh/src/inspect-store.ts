import type { MeshId } from '@mnemesh/protocol';
import { inspectSqliteStore, type StoreFinding } from '@mnemesh/storage-sqlite';
import { replicaDirectory } from './replica-directory.js';

/** What a look from outside says of a replica's store, whoever has it open. Changes nothing. */
export function inspectStore(data: string, mesh: MeshId): StoreFinding {
  return inspectSqliteStore(replicaDirectory(data), mesh);
}
