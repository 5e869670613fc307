import type { FrameOf, Guid, LinkKind, Namespace, ReplicaId } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { SegmentEvent } from '../documents/segment-surroundings.js';

/** One live link of this replica, whatever it leads to. */
export interface SyncLink {
  readonly id: number;
  readonly kind: LinkKind;
  /** The replica at the other end, once it has said who it is; a relay is none. */
  readonly peer: ReplicaId | undefined;
  /** The handshake is done and the first comparison was made. */
  readonly ready: boolean;
  /** Both ends hold the same, as far as this end can know. */
  readonly inStep: boolean;
  changed(event: SegmentEvent): void;
  fetch(place: SegmentPlace): void;
  holdsSame(guid: Guid): boolean;
  /** Sends presence, unless so much waits to leave that it is not worth its bytes. @returns whether it was sent */
  tell(presence: Uint8Array): boolean;
  /** The document is over, and deleted here. */
  ended(guid: Guid): void;
  /** Somebody waits for what the cadence of its namespace holds back. */
  flush(): void;
}

/** What a link asks of the engine, and tells it. */
export interface LinkOwner {
  readonly subscription: Subscription;
  hello(): FrameOf<'hello'>;
  /** May this document cross this kind of link at all? */
  shares(place: SegmentPlace): boolean;
  /** Was it ended? Then nothing more is said of it, nor taken in. */
  isOver(place: Pick<SegmentPlace, 'namespace' | 'segment'>): boolean;
  /** Does this replica subscribe to it? What it writes outside its subscription is pushed all the same. */
  wants(place: SegmentPlace): boolean;
  /** Milliseconds from one push of what was written here to the next, at least. */
  everyMs(namespace: Namespace): number;
  /** A link to a relay has said who it is, and waits for the answer. */
  greeted(link: SyncLink): void;
  admitted(link: SyncLink): void;
  /** The other end refuses us, and closes. */
  refused(link: SyncLink, error: FrameOf<'error'>): void;
  /** The other end durably holds more of these documents. */
  advanced(guids: readonly Guid[]): void;
  /** Both ends compared this document: what is missing here is missing there. */
  compared(place: SegmentPlace): void;
  /** All that a peer holds of this document is here. @throws MnemeshError `store_failed` */
  arrived(place: SegmentPlace): Promise<void>;
  denied(place: SegmentPlace, reason: string): void;
  /** A signaling message, which is for a transport of this replica or to be passed on. */
  signaled(link: SyncLink, signal: Uint8Array): void;
  changed(link: SyncLink): void;
  presence(link: SyncLink, presence: Uint8Array): void;
  closed(link: SyncLink, code: number, reason: string): void;
}

export interface Subscription {
  readonly globs: readonly string[];
  /** Equal for equal globs: a cursor holds for one subscription only. */
  readonly key: string;
}
