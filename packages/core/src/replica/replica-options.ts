import type { Runtime, Signatures, StorageRoom } from '@mnemesh/protocol';
import type { SegmentLimits } from '../documents/segment-limits.js';
import type { Recaller, ReplicaStoreOpener, Transport } from '../ports/index.js';
import type { ProseLimits } from '../prose/prose-limits.js';
import type { Reach } from '../sync/backfill.js';

export interface ReplicaOptions {
  readonly mesh: string;
  readonly store: ReplicaStoreOpener;
  readonly transports?: readonly Transport[];
  readonly runtime: Runtime;
  readonly signatures: Signatures;
  readonly subscription?: {
    /** Default `**`: everything. The directory always belongs to it. */
    readonly globs?: readonly string[];
    /** Default `all`. */
    readonly reach?: Reach;
  };
  /** Answers `recall`; its analyzer takes apart what the store indexes. Without one nothing is indexed. */
  readonly recall?: Recaller;
  /** What the device tells of the room for the store. Without it nobody watches. */
  readonly room?: StorageRoom;
  /** Defaults are in `segmentLimits`. */
  readonly limits?: Partial<SegmentLimits>;
  /** Defaults are in `proseLimits`. */
  readonly proseLimits?: Partial<ProseLimits>;
  /** Default true. False only in tests that show what sweeping is good for. */
  readonly sweeps?: boolean;
}
