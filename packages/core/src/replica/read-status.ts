import type { Segments } from '../documents/segments.js';
import type { WriteQueue } from '../documents/write-queue.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore } from '../ports/index.js';
import type { MeshStatus } from '../status.js';
import type { SyncEngine } from '../sync/sync-engine.js';
import type { RoomWatch } from './room-watch.js';

/** Puts a replica's status together from the parts that know it. */
export function readStatus(
  {
    journal,
    writes,
    segments,
    store,
    room,
  }: {
    readonly journal: Journal;
    readonly writes: WriteQueue;
    readonly segments: Segments;
    readonly store: ReplicaStore;
    readonly room: RoomWatch | undefined;
  },
  sync: SyncEngine,
): MeshStatus {
  const unsaved = journal.pending + writes.length;
  const { known, unacked } = segments.heads;
  const { awaited } = sync;
  return {
    mesh: segments.mesh,
    replica: sync.replica,
    unsaved,
    unacked,
    awaited,
    synced: unsaved === 0 && awaited === 0 && sync.inStep,
    offline: sync.offline,
    transports: sync.transports,
    segments: { known, loaded: segments.loaded },
    storeError: journal.failure?.message,
    room: room?.status,
    damaged: store.damaged.length,
    unverified: segments.unverified,
    rejected: sync.rejected,
    unknownFrames: sync.unknownFrames,
  };
}
