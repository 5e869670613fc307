import { type RecordId, recordId } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';

/** The record that recall finds a text by; its home is the segment of the text. */
export function textId({ segment }: Pick<SegmentPlace, 'segment'>): RecordId {
  return recordId(segment, 'text');
}
