import { type DocumentState, emptyState } from '@mnemesh/segment';
import * as Y from 'yjs';
import type { SegmentPlace } from '../src/documents/segment-place.js';
import type { OpenReplica } from './world.js';

/** What a replica holds of a document. */
export function stateAt(replica: OpenReplica, place: SegmentPlace): Promise<DocumentState> {
  return replica.inner.segments.stateOf(place);
}

/** A replica's document in the hands of a program that knows Yjs and nothing else. */
export async function yjsView(replica: OpenReplica, place: SegmentPlace): Promise<Y.Doc> {
  const update = await replica.inner.segments.use(place, async (segment) =>
    segment.missing(emptyState),
  );
  const doc = new Y.Doc();
  if (update !== undefined) Y.applyUpdate(doc, update);
  return doc;
}

/** Client ids that wrote something into a document. */
export async function clientsAt(
  replica: OpenReplica,
  place: SegmentPlace,
): Promise<readonly number[]> {
  return [...(await stateAt(replica, place)).clocks.keys()];
}
