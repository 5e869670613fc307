import {
  BASE_FIELD,
  type Clock,
  type Ends,
  homeSegment,
  type Namespace,
  type RecordId,
  recordId,
  type SegmentName,
  type SessionId,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { encodeUtf8 } from 'lib0/string';
import type { Json } from '../collections/collection.js';
import type { FieldWrite } from '../documents/record-write.js';
import { canonicalJson } from '../records/canonical-json.js';
import { readData } from '../records/read-data.js';

/** A record as it is written again elsewhere. */
export interface MovedRecord {
  readonly id: RecordId;
  /** For each session that is to write it: values that nobody had reconciled need a session each, to stay so. */
  readonly fields: readonly (readonly FieldWrite[])[];
}

/**
 * Where what was in this segment goes: the same series at the lowest number that is not over. Equal on
 * every replica that knows the same ends, so that two which move one record make one.
 */
export function successorOf(ends: Ends, namespace: Namespace, segment: SegmentName): SegmentName {
  const imported = /^i([0-9]+)(-.*)$/.exec(segment);
  const name = (number: number): SegmentName =>
    (imported === null ? `${number}` : `i${number}${imported[2]}`) as SegmentName;
  let number = Math.max(Number(imported?.[1] ?? segment), ends.floor(namespace));
  while (ends.has(namespace, name(number))) number++;
  return name(number);
}

/**
 * Records above their floor: the same local ids in the successor of their segment. Where they name each
 * other they name the new ids; what else names them keeps the old ones, which lead nowhere.
 */
export function moveRecords(
  records: ReadonlyMap<RecordId, readonly VerifiedEnvelope[]>,
  successor: SegmentName,
): readonly MovedRecord[] {
  const ids = new Map(
    [...records.keys()].map((id) => [
      id as string,
      recordId(successor, id.slice(homeSegment(id).length + 1)),
    ]),
  );
  return [...records].map(([id, envelopes]) => ({
    id: ids.get(id) as RecordId,
    fields: layers(envelopes).map((layer) => layer.map((envelope) => moved(envelope, ids))),
  }));
}

/** The n-th layer has the n-th oldest value of each field. */
function layers(envelopes: readonly VerifiedEnvelope[]): readonly (readonly VerifiedEnvelope[])[] {
  const found: VerifiedEnvelope[][] = [];
  const taken = new Map<string, number>();
  for (const envelope of [...envelopes].sort((a, b) => a.clock - b.clock)) {
    if (envelope.field === TOMBSTONE_FIELD) continue;
    const at = taken.get(envelope.field) ?? 0;
    taken.set(envelope.field, at + 1);
    const layer = found[at] ?? [];
    layer.push(envelope);
    found[at] = layer;
  }
  return found;
}

/** Where a base was first written, for each move since; its local id was the same there. */
export interface Origin {
  readonly segment: SegmentName;
  readonly session: SessionId;
  readonly clock: Clock;
}

/** What the base of a moved record says of its way. Whoever purges it has seen all of these. */
export function originsOf(data: Uint8Array): readonly Origin[] {
  const base = readData(data) as { readonly origins?: unknown } | null;
  const origins = base?.origins;
  if (!Array.isArray(origins)) return [];
  return origins.filter(
    (origin: Partial<Origin> | null) =>
      typeof origin?.segment === 'string' &&
      typeof origin.session === 'string' &&
      typeof origin.clock === 'number',
  );
}

function moved(
  { id, field, data, session, clock }: VerifiedEnvelope,
  ids: ReadonlyMap<string, RecordId>,
): FieldWrite {
  const read = readData(data);
  const origins = [...originsOf(data), { segment: homeSegment(id), session, clock }];
  const isBase = field === BASE_FIELD && typeof read === 'object' && read !== null;
  const value = isBase ? { ...read, origins } : read;
  return {
    // A member of a set may have an id in its key.
    field: [...ids].reduce((name, [from, to]) => name.replaceAll(from, to), field),
    context: new Map(),
    data: encodeUtf8(canonicalJson(renamed(value as unknown as Json, ids))),
  };
}

function renamed(value: Json, ids: ReadonlyMap<string, RecordId>): Json {
  if (typeof value === 'string') return ids.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => renamed(item as Json, ids));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, renamed(item as Json, ids)]),
  );
}
