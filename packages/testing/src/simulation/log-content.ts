import type { StoredDocument } from '@mnemesh/core';
import {
  decodeElement,
  decodeEnvelope,
  type Envelope,
  type Guid,
  type Namespace,
  type RecordId,
  type SegmentName,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import type { DocumentHead, StoredDocument as LoggedDocument } from '@mnemesh/relay';
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

/** What one envelope says, of all that the oracle asks for. */
interface ElementContent {
  readonly id: RecordId;
  readonly isTombstone: boolean;
  readonly tokens: ReadonlySet<string>;
}

/** The bytes that a document was read from, and what they came to. */
interface ReadDocument {
  readonly parts: readonly Uint8Array[];
  readonly content: DocumentContent;
}

/**
 * Takes documents apart as they are stored. One whose stored bytes are those of the last look is not
 * taken apart again, nor is an element that was seen before, wherever it lies.
 */
export class DocumentReader {
  readonly #documents = new Map<string, ReadDocument>();
  /** By the element's bytes in base64. */
  readonly #elements = new Map<string, ElementContent | undefined>();

  /** A replica's stored document. */
  ofReplica(holder: string, stored: StoredDocument): DocumentContent {
    const { guid, snapshot, log } = stored;
    const parts = [
      ...(snapshot === undefined ? [] : [snapshot]),
      ...log.map(({ update }) => update),
    ];
    // A snapshot and the first update of a document without one are told apart by the holder's name.
    const name = `${holder} ${guid} ${snapshot === undefined ? 'logged' : 'folded'}`;
    return this.#remembered(name, parts, () => {
      const document = new SegmentDocument(guid, 0);
      if (snapshot !== undefined) document.load(snapshot, []);
      for (const { update } of log) document.apply(update);
      return this.#take(document, { ...stored, repeats: 0, holes: 0 });
    });
  }

  /** What a relay's log adds up to: base and rows of each document, applied to an empty one. */
  ofLog(tables: MeshLogTables): LogContent {
    const content = new Map<Guid, DocumentContent>();
    for (const head of tables.heads()) {
      const stored = tables.read(head.guid, 0);
      if (stored === undefined) continue;
      const { base, rows } = stored;
      const parts = [
        ...(base === undefined ? [] : [base.update]),
        ...rows.map(({ update }) => update),
      ];
      const name = `relay ${head.guid} ${base === undefined ? 'logged' : 'folded'}`;
      content.set(
        head.guid,
        this.#remembered(name, parts, () => this.#ofLogged(head, stored)),
      );
    }
    return content;
  }

  #ofLogged(head: DocumentHead, { base, rows }: LoggedDocument): DocumentContent {
    const document = new SegmentDocument(head.guid, 0, false);
    if (base !== undefined) document.apply(base.update);
    let repeats = 0;
    let holes = 0;
    for (const { update } of rows) {
      const content = readUpdate(update);
      // One that deletes may be new to the relay and not here: of two values of a map key a document
      // deletes one before any update says so.
      const { structs, deleted } = content;
      if (structs.size > 0 && deleted.size === 0 && holdsAll(document.state, content)) repeats++;
      if (document.apply(update).gap) holes++;
    }
    return this.#take(document, { ...head, repeats, holes });
  }

  #remembered(
    name: string,
    parts: readonly Uint8Array[],
    read: () => DocumentContent,
  ): DocumentContent {
    const known = this.#documents.get(name);
    if (known !== undefined && equalParts(known.parts, parts)) return known.content;
    const content = read();
    this.#documents.set(name, { parts, content });
    return content;
  }

  #take(
    document: SegmentDocument,
    {
      namespace,
      segment,
      repeats,
      holes,
    }: Pick<DocumentContent, 'namespace' | 'segment' | 'repeats' | 'holes'>,
  ): DocumentContent {
    const elements: string[] = [];
    const there = new Mentioned();
    for (const { place, element } of document.elements()) {
      const text = base64(element);
      elements.push(`${place.client}:${place.clock} ${text}`);
      there.add(this.#element(text, element));
    }
    const deleted = new Mentioned();
    for (const { element } of document.deletedElements())
      deleted.add(this.#element(base64(element), element));
    document.destroy();
    return {
      namespace,
      segment,
      elements: elements.sort(),
      tokens: there.tokens,
      tombstones: there.tombstones,
      records: there.records,
      deletedTokens: deleted.tokens,
      deletedRecords: deleted.records,
      deletedTombstones: deleted.tombstones,
      repeats,
      holes,
    };
  }

  #element(text: string, element: Uint8Array): ElementContent | undefined {
    if (this.#elements.has(text)) return this.#elements.get(text);
    const content = contentOf(element);
    this.#elements.set(text, content);
    return content;
  }
}

/** What some elements say together. */
class Mentioned {
  readonly tokens = new Set<string>();
  readonly tombstones = new Set<RecordId>();
  readonly records = new Set<RecordId>();

  add(element: ElementContent | undefined): void {
    if (element === undefined) return;
    for (const token of element.tokens) this.tokens.add(token);
    if (element.isTombstone) this.tombstones.add(element.id);
    else this.records.add(element.id);
  }
}

/** Undefined for what carries no envelope, or is none. */
function contentOf(element: Uint8Array): ElementContent | undefined {
  const envelope = envelopeIn(element);
  if (envelope === undefined) return undefined;
  const { id, field, data } = envelope;
  const tokens = isAuditField(field) ? new Set<string>() : tokensIn(decodeUtf8(data));
  return { id, isTombstone: field === TOMBSTONE_FIELD, tokens };
}

/** Audit records keep the values that were in conflict, after they are no more. */
export function isAuditField(field: string): boolean {
  return field.startsWith('audit/');
}

function envelopeIn(element: Uint8Array): Envelope | undefined {
  try {
    const parsed = decodeElement(element);
    return parsed.envelope === undefined ? undefined : decodeEnvelope(parsed.envelope);
  } catch {
    return undefined;
  }
}

function equalParts(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return (
    a.length === b.length && a.every((part, i) => Buffer.compare(part, b[i] as Uint8Array) === 0)
  );
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
