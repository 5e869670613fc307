import {
  type Namespace,
  parseNamespace,
  type RecordId,
  type ReplicaId,
  recordId,
  type SegmentName,
  sha256Hex,
  type Version,
} from '@mnemesh/protocol';
import * as v from 'valibot';
import { defineCollection, setOf } from '../collections/schema.js';
import { DIRECTORY_NAMESPACE } from '../documents/directory.js';

/** Where receipts lie: apart from the directory, which every opening reads. */
export const RECEIPTS_NAMESPACE = parseNamespace('directory/receipts');

/** Bytes of a version that name a tombstone in a receipt: enough among the records of one segment. */
const MARK_BYTES = 8;

/** A replica that wrote into the mesh, or was linked with it: it may hold what is in its globs. */
export const replicaDefinition = defineCollection({
  name: 'replica',
  namespace: DIRECTORY_NAMESPACE,
  stateField: 'replica',
  fields: {
    replica: v.string(),
    /** Everybody who ever wrote on it. */
    agents: setOf(v.string(), (agent) => agent),
    globs: v.array(v.string()),
    /** Milliseconds since the epoch; renewed when the replica writes, not more often than `seenEveryMs`. */
    seen: v.number(),
  },
  writeOnce: ['replica'],
  searched: [],
});

/**
 * What one holder has taken out of one segment: the tombstones it obeyed. A replica signs its own; what a
 * relay said on its link is written down by the replica at the other end. Tombstones are members of a
 * set, so that replicas which write down the same answer apart never contradict each other.
 */
export const receiptDefinition = defineCollection({
  name: 'receipt',
  namespace: RECEIPTS_NAMESPACE,
  stateField: 'holder',
  fields: {
    holder: v.string(),
    kind: v.picklist(['replica', 'relay']),
    namespace: v.string(),
    segment: v.string(),
    tombstones: setOf(v.string(), (mark) => mark),
  },
  writeOnce: ['holder', 'kind', 'namespace', 'segment'],
  searched: [],
});

export interface Holder {
  readonly kind: 'replica' | 'relay';
  /** A replica's id; the address by which a relay was reached. */
  readonly holder: string;
}

export function tombstoneMark(version: Version): string {
  return version.slice(0, MARK_BYTES * 2);
}

export function replicaEntryId(replica: ReplicaId): RecordId {
  return recordId('0' as SegmentName, sha256Hex(`replica\n${replica}`).slice(0, 26));
}

/** Derived, so that all that is said of one holder and segment is one record. Sixteen segments share the receipts. */
export function receiptId(holder: Holder, namespace: Namespace, segment: SegmentName): RecordId {
  const hash = sha256Hex([holder.kind, holder.holder, namespace, segment].join('\n'));
  return recordId(`r${hash.charAt(0)}` as SegmentName, hash.slice(1, 27));
}
