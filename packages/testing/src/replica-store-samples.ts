import type { AwaitedDocument, StoreBatch, StoredEnvelope, StoredRecord } from '@mnemesh/core';
import type {
  Clock,
  Guid,
  Incarnation,
  Namespace,
  RecordId,
  SegmentName,
  Version,
} from '@mnemesh/protocol';

/** Values for tests of stores: shaped like the real ones, told apart at a glance. */
export const namespaces = ['shared/memory', 'shared/tasks'] as unknown as readonly [
  Namespace,
  Namespace,
];
export const [memory, tasks] = namespaces;

export const guid = (name: string): Guid => name.padEnd(43, '-') as Guid;
export const recordId = (local: string): RecordId => `1.${local}` as RecordId;
export const version = (n: number): Version => n.toString(16).padStart(64, '0') as Version;
export const clock = (n: number): Clock => 1_760_000_000_000 * 2048 + n;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function known(
  name: string,
  namespace: Namespace = memory,
): NonNullable<StoreBatch['documents']>[number] {
  return { guid: guid(name), namespace, segment: '1' as SegmentName };
}

export function awaited(name: string, size = 100): AwaitedDocument {
  return { ...known(name), bytes: size };
}

export function cursor(number: number): NonNullable<StoreBatch['cursor']> {
  return { incarnation: 'ab'.repeat(16) as Incarnation, number, subscription: 'shared/**' };
}

export function envelope(n: number, changes: Partial<StoredEnvelope> = {}): StoredEnvelope {
  return {
    guid: guid('a'),
    namespace: memory,
    id: recordId('A'),
    version: version(n),
    field: '',
    agent: 'ce'.repeat(32) as StoredEnvelope['agent'],
    session: '5e'.repeat(8) as StoredEnvelope['session'],
    clock: clock(n),
    envelope: bytes(`envelope ${n}`),
    commit: bytes('a signed commit'),
    ...changes,
  };
}

export function record(local: string, changes: Partial<StoredRecord> = {}): StoredRecord {
  return {
    namespace: memory,
    id: recordId(local),
    guid: guid('a'),
    collection: 'memory',
    created: clock(1),
    updated: clock(2),
    archived: false,
    conflicted: false,
    state: 'fact',
    ref: undefined,
    thread: undefined,
    position: undefined,
    text: `text of ${local.toLowerCase()}`,
    view: `{"id":"${local}"}`,
    ...changes,
  };
}

/** One batch that touches everything a store holds. */
export function fullBatch(name: string, n: number): StoreBatch {
  const document = known(name);
  return {
    documents: [document],
    updates: [{ guid: document.guid, update: bytes(`update ${n}`) }],
    envelopes: [envelope(n, { guid: document.guid, id: recordId(`R${n}`) })],
    records: [record(`R${n}`, { guid: document.guid, created: clock(n) })],
    cursor: cursor(n),
    unacked: [{ guid: document.guid, unacked: true }],
    known: [{ guid: document.guid, state: bytes(`state ${n}`) }],
    awaited: [awaited(`awaited ${n}`)],
  };
}
