import type { ReplicaStore, StoreBatch } from '@mnemesh/core';

/** What the parts of the suite use: a fresh place for each test, and its stores closed afterwards. */
export interface StoreBench {
  open(mesh?: string): Promise<ReplicaStore>;
  /** Closes the store and opens it again. */
  reopen(store: ReplicaStore): Promise<ReplicaStore>;
  /** Ends every store as a crash would. */
  crash(): Promise<void>;
  /** A store in which these batches were committed. */
  with(...batches: readonly StoreBatch[]): Promise<ReplicaStore>;
}
