import type { StoredDocument } from '@mnemesh/core';
import {
  decodeElement,
  decodeEnvelope,
  type Namespace,
  type RecordId,
  type SegmentName,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import { holdsAll, readUpdate, SegmentDocument } from '@mnemesh/segment';
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
  /** Logged updates that only bring what was all there before them. */
  readonly repeats: number;
  /** Logged updates that have a hole before them. */
  readonly holes: number;
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
    let repeats = 0;
    let holes = 0;
    for (const { update } of stored.rows) {
      const content = readUpdate(update);
      // One that deletes may be new to the relay and not here: of two values of a map key a document
      // deletes one before any update says so.
      const { structs, deleted } = content;
      if (structs.size > 0 && deleted.size === 0 && holdsAll(document.state, content)) repeats++;
      if (document.apply(update).gap) holes++;
    }
    const found = documentContent(document, { namespace, segment, hash });
    content.set(guid, { ...found, repeats, holes });
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
    repeats: 0,
    holes: 0,
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
