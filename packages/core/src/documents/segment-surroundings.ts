import type { Guid, MeshId, Namespace, RecordId, Runtime, Signatures } from '@mnemesh/protocol';
import type { DocumentState, VerifiedEnvelope } from '@mnemesh/segment';
import type { Journal } from '../journal.js';
import type { ReplicaStore, StoreBatch, StoredRecord } from '../ports/index.js';
import type { SegmentLimits } from './segment-limits.js';
import type { SegmentPlace } from './segment-place.js';

/** What a segment takes from its replica. */
export interface SegmentSurroundings {
  readonly mesh: MeshId;
  readonly runtime: Runtime;
  readonly signatures: Signatures;
  readonly store: ReplicaStore;
  readonly journal: Journal;
  readonly project: (
    place: SegmentPlace & { readonly id: RecordId },
    standing: readonly VerifiedEnvelope[],
  ) => StoredRecord | undefined;
  /** A part of the next batch: marks the document as holding something the relay may lack. */
  readonly markUnacked: (guid: Guid) => Pick<StoreBatch, 'unacked'>;
  /** Nothing is planned any more: it may be unloaded. */
  readonly rested: () => Promise<void>;
  /** Likewise, when the document loses elements that are to be put back, or has them again. */
  readonly markLacking: (guid: Guid, lacking: boolean) => Pick<StoreBatch, 'lacking'>;
  /** Likewise, when what is stored may hold bytes of forgotten records. */
  readonly markUnscrubbed: (guid: Guid, origin: ChangeOrigin) => Pick<StoreBatch, 'unscrubbed'>;
  /** Likewise: its namespace's records are as today's rules say, when nothing of it was stored before. */
  readonly markProjected: (namespace: Namespace) => Pick<StoreBatch, 'projected'>;
  /** Likewise, where texts of prose documents that recall reads are now behind: records that say so. */
  readonly markBehind: (
    place: SegmentPlace,
    records: ReadonlyMap<RecordId, StoredRecord | undefined>,
    origin: ChangeOrigin,
  ) => readonly StoredRecord[];
  /** Called after each change is saved, in order. */
  readonly changed: (event: SegmentEvent) => void;
  readonly limits: SegmentLimits;
  /** False only in tests that show what sweeping is good for. */
  readonly sweeps: boolean;
}

export interface SegmentEvent {
  /** As it is now. */
  readonly segment: {
    readonly place: SegmentPlace;
    readonly state: DocumentState;
    readonly lacking: boolean;
  };
  readonly origin: ChangeOrigin;
  readonly records: readonly { readonly id: RecordId; readonly record: StoredRecord | undefined }[];
}

/** Whose doing a change is: this replica's own, or the link it came by. */
export type ChangeOrigin = 'local' | { readonly link: number };
