import type { LinkKind, MeshId, Namespace, ReplicaId } from '@mnemesh/protocol';
import type { TransportState } from './ports/index.js';

/** What this replica has saved, what the relay has acked, and who it is linked with. */
export interface MeshStatus {
  readonly mesh: MeshId;
  readonly replica: ReplicaId;
  /** Writes that are not on this device's disk yet. */
  readonly unsaved: number;
  /** Segments that hold something the relay is not known to hold. */
  readonly unacked: number;
  /** Segments known to exist whose content has not been fetched. */
  readonly awaited: number;
  /** Nothing unsaved or awaited, and every end that is linked, one at least, holds the same. */
  readonly synced: boolean;
  /** The simulated-offline switch. */
  readonly offline: boolean;
  readonly transports: readonly TransportStatus[];
  readonly segments: { readonly known: number; readonly loaded: number };
  /** Of tabs that share one replica: this one leads, has it open and the links. Absent where no tabs share. */
  readonly leads?: boolean;
  /** The first error of the store; from then on writes are refused. */
  readonly storeError: string | undefined;
  /** The room that this device has for the store; undefined where nobody watches it. */
  readonly room: RoomStatus | undefined;
  /** Segments of which rows were found damaged when the store was opened. */
  readonly damaged: number;
  /** Signed elements that failed verification: kept, never shown. */
  readonly unverified: number;
  readonly rejected: readonly RejectedPush[];
  /** Frames of types this version does not know. */
  readonly unknownFrames: number;
}

export interface RoomStatus {
  /** `low` from 80 % of the quota, `short` from 90 %; `untold` until the device says, or where it never does. */
  readonly level: 'untold' | 'enough' | 'low' | 'short';
  readonly usedBytes?: number;
  readonly quotaBytes?: number;
  /** Did the device promise to delete nothing by itself? It is asked with the first write; undefined before, or where there is nobody to ask. */
  readonly kept: boolean | undefined;
  /** What a person can do; absent while there is room. */
  readonly advice?: string;
}

export interface TransportStatus {
  readonly kind: LinkKind;
  readonly address: string;
  readonly state: TransportState;
  /** Links that finished their handshake. */
  readonly links: number;
  /** The replicas at their other ends, in order. None for a relay, which is no replica. */
  readonly peers: readonly ReplicaId[];
}

/** A segment whose pushes the other end refuses. Its records stay here. */
export interface RejectedPush {
  readonly namespace: Namespace;
  readonly segment: string;
  readonly reason: string;
}
