import type { NamedBy, Reference, StoredEnvelope, StoredRecord } from '@mnemesh/core';
import {
  type AgentId,
  fromHex,
  type Guid,
  type Namespace,
  type RecordId,
  type SegmentName,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import { textNumber } from './text-number.js';

/** A document as it is kept, and held in memory while the store is open. */
export interface DocumentRow {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  readonly unacked: boolean;
  readonly lacking: boolean;
  readonly unscrubbed: boolean;
  /** What the snapshot covers. */
  readonly through: number;
  readonly snapshotBytes: number;
  /** Of the logged updates beyond the snapshot. */
  readonly logBytes: number;
  readonly updates: number;
  /** Number of the update that was logged last; 0 before the first. */
  readonly last: number;
  /** Of its snapshot, where bytes lie apart from their rows. */
  readonly snapshotNumber?: number;
}

/** A logged update: its key says all about it but its bytes. */
export type UpdateKey = readonly [guid: Guid, number: number, size: number];

/** Where bytes lie apart from their rows, `bytes` is empty; the checksum is theirs. */
export interface BytesRow {
  readonly bytes: Uint8Array;
  readonly checksum: number;
}

export interface SnapshotRow extends BytesRow {
  readonly guid: Guid;
  /** Where bytes lie apart from their rows. */
  readonly number?: number;
}

/** Hashes and keys are kept as bytes: a third of what their names would take. */
export interface EnvelopeRow extends BytesRow {
  readonly guid: Guid;
  readonly version: Uint8Array;
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly field: string;
  readonly agent: Uint8Array;
  readonly session: Uint8Array;
  readonly clock: number;
  /** Which row of `commits` vouches for it. */
  readonly commit: Uint8Array;
}

/** Booleans are no keys, so what is searched by is a number; what is absent is in no index. */
export interface RecordRow
  extends Omit<StoredRecord, 'archived' | 'conflicted' | 'state' | 'ref' | 'thread' | 'position'> {
  readonly archived: 0 | 1;
  readonly conflicted?: 1;
  readonly state?: string;
  readonly ref?: string;
  readonly thread?: string;
  readonly position?: number;
}

export interface ReferenceRow {
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly guid: Guid;
  readonly targets: readonly (readonly [Reference['kind'], NamedBy['target'], Namespace])[];
}

export interface VectorRow {
  readonly embedder: string;
  readonly namespace: Namespace;
  readonly id: RecordId;
  /** `textNumber` of the text it was made of. */
  readonly text: number;
  readonly vector: Float32Array;
}

export function envelopeRow(one: StoredEnvelope, commit: Uint8Array): EnvelopeRow {
  const { guid, namespace, id, field, clock, envelope } = one;
  return {
    guid,
    version: fromHex(one.version),
    namespace,
    id,
    field,
    agent: fromHex(one.agent),
    session: fromHex(one.session),
    clock,
    commit,
    bytes: plain(envelope),
    checksum: textNumber(`${id}\n${field}\n${clock}`, envelope),
  };
}

export function storedEnvelope(row: EnvelopeRow, commit: Uint8Array): StoredEnvelope {
  const { guid, namespace, id, field, clock, bytes } = row;
  return {
    guid,
    namespace,
    id,
    version: toHex(row.version) as Version,
    field,
    agent: toHex(row.agent) as AgentId,
    session: toHex(row.session) as StoredEnvelope['session'],
    clock,
    envelope: bytes,
    commit,
  };
}

export function isSoundEnvelope({ id, field, clock, bytes, checksum }: EnvelopeRow): boolean {
  return checksum === textNumber(`${id}\n${field}\n${clock}`, bytes);
}

export function recordRow(record: StoredRecord): RecordRow {
  const { archived, conflicted, state, ref, thread, position, ...rest } = record;
  return {
    ...rest,
    archived: archived ? 1 : 0,
    ...(conflicted ? { conflicted: 1 } : {}),
    ...(state === undefined ? {} : { state }),
    ...(ref === undefined ? {} : { ref }),
    ...(thread === undefined ? {} : { thread }),
    ...(position === undefined ? {} : { position }),
  };
}

export function storedRecord(row: RecordRow): StoredRecord {
  const { archived, conflicted, state, ref, thread, position } = row;
  return {
    ...row,
    archived: archived === 1,
    conflicted: conflicted === 1,
    state,
    ref,
    thread,
    position,
  };
}

export function bytesRow(bytes: Uint8Array): BytesRow {
  return { bytes: plain(bytes), checksum: textNumber('', bytes) };
}

/** What is left in the row when its bytes lie elsewhere. */
export function apartRow(bytes: Uint8Array): BytesRow {
  return { bytes: new Uint8Array(0), checksum: textNumber('', bytes) };
}

export function isSound({ bytes, checksum }: BytesRow): boolean {
  return checksum === textNumber('', bytes);
}

/** A view is kept with the whole of the memory it looks at: so only bytes that have it to themselves are handed over. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
