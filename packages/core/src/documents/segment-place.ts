import type { Guid, Namespace, SegmentName } from '@mnemesh/protocol';

/** Where a segment lies. */
export interface SegmentPlace {
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  readonly guid: Guid;
}
