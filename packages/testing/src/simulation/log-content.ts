import type { StoredDocument } from '@mnemesh/core';
import {
  decodeElement,
  decodeEnvelope,
  type Namespace,
  type RecordId,
  type SegmentName,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import { SegmentDocument } from '@mnemesh/segment';
import { decodeUtf8 } from 'lib0/string';
import type { MeshLogTables } from '../mesh-log-tables.js';
import { tokensIn } from './model.js';

/** One document as somebody holds it, taken apart without the product's record code. */
export interface DocumentContent {
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  /** Every element, as text, sorted: equal documents have equal lists. */
  readonly elements: readonly string[];
  readonly tokens: ReadonlySet<string>;
  readonly tombstones: ReadonlySet<RecordId>;
  /** Records that have other elements than tombstones. */
  readonly records: ReadonlySet<RecordId>;
  readonly hash: string;
  /** Tokens and records whose elements were deleted, and whose content is still there to be put back. */
  readonly deletedTokens: ReadonlySet<string>;
  readonly deletedRecords: ReadonlySet<RecordId>;
  readonly deletedTombstones: ReadonlySet<RecordId>;
}

export type LogContent = ReadonlyMap<string, DocumentContent>;

/** What a relay's log adds up to: base and rows of each document, applied to an empty one. */
export function readLogContent(tables: MeshLogTables): LogContent {
  const content = new Map<string, DocumentContent>();
  for (const { guid, namespace, segment, hash } of tables.heads()) {
    const stored = tables.read(guid, 0);
    if (stored === undefined) continue;
    const document = new SegmentDocument(guid, 0, false);
    if (stored.base !== undefined) document.apply(stored.base.update);
    for (const { update } of stored.rows) document.apply(update);
    content.set(guid, documentContent(document, { namespace, segment, hash }));
    document.destroy();
  }
  return content;
}

export function documentContent(
  document: SegmentDocument,
  place: { readonly namespace: Namespace; readonly segment: SegmentName; readonly hash: string },
): DocumentContent {
  const elements: string[] = [];
  const tokens = new Set<string>();
  const tombstones = new Set<RecordId>();
  const records = new Set<RecordId>();
  for (const { place: at, element } of document.elements()) {
    elements.push(`${at.client}:${at.clock} ${Buffer.from(element).toString('base64')}`);
    const envelope = envelopeIn(element);
    if (envelope === undefined) continue;
    for (const token of tokensIn(decodeUtf8(envelope.data))) tokens.add(token);
    if (envelope.field === TOMBSTONE_FIELD) tombstones.add(envelope.id);
    else records.add(envelope.id);
  }
  const deletedTokens = new Set<string>();
  const deletedRecords = new Set<RecordId>();
  const deletedTombstones = new Set<RecordId>();
  for (const { element } of document.deletedElements()) {
    const envelope = envelopeIn(element);
    if (envelope === undefined) continue;
    for (const token of tokensIn(decodeUtf8(envelope.data))) deletedTokens.add(token);
    if (envelope.field === TOMBSTONE_FIELD) deletedTombstones.add(envelope.id);
    else deletedRecords.add(envelope.id);
  }
  const { namespace, segment, hash } = place;
  return {
    namespace,
    segment,
    hash,
    elements: elements.sort(),
    tokens,
    tombstones,
    records,
    deletedTokens,
    deletedRecords,
    deletedTombstones,
  };
}

function envelopeIn(element: Uint8Array): ReturnType<typeof decodeEnvelope> | undefined {
  try {
    const parsed = decodeElement(element);
    return parsed.envelope === undefined ? undefined : decodeEnvelope(parsed.envelope);
  } catch {
    return undefined;
  }
}

/** A stored document as a Yjs document, for a look at its elements. */
export function openStored(stored: StoredDocument): SegmentDocument {
  const document = new SegmentDocument(stored.guid, 0);
  if (stored.snapshot !== undefined) document.load(stored.snapshot, []);
  for (const { update } of stored.log) document.apply(update);
  return document;
}
