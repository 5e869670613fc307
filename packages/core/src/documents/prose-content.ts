import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import {
  type DocumentState,
  plainTextOf,
  type SegmentChange,
  SegmentDocument,
} from '@mnemesh/segment';
import { freshClientId } from '../identity.js';
import type { StoredDocument } from '../ports/index.js';
import type { DocumentContent } from './segment-content.js';
import type { SegmentPlace } from './segment-place.js';
import type { RecordDelta } from './segment-records.js';

const nothingProven: RecordDelta = { ids: new Set(), added: [], dropped: [] };
const nothingChanged = { change: undefined, forgot: false } as const;

/**
 * The text of one prose document in memory. It is Yjs content and no set of envelopes: nothing in it is
 * verified, swept or put back, and a deletion deletes. Who may change it is who may write over a link.
 */
export class ProseContent implements DocumentContent {
  readonly recordCount = 0;
  readonly elementCount = 0;
  readonly unverified = 0;
  readonly lacking = false;
  readonly #document: SegmentDocument;

  private constructor(document: SegmentDocument) {
    this.#document = document;
  }

  /** @returns `gaps`: logged updates that do not follow on what could be read, and were passed over */
  static async load(
    { runtime }: { readonly runtime: Runtime },
    { guid }: SegmentPlace,
    stored: StoredDocument | undefined,
  ): Promise<{
    readonly content: ProseContent;
    readonly gaps: number;
    readonly delta: RecordDelta;
  }> {
    const document = new SegmentDocument(guid, freshClientId(runtime));
    if (stored?.snapshot !== undefined) document.load(stored.snapshot, []);
    const gaps = document.replay((stored?.log ?? []).map(({ update }) => update));
    return { content: new ProseContent(document), gaps, delta: nothingProven };
  }

  get state(): DocumentState {
    return this.#document.state;
  }

  get text(): string {
    return plainTextOf(this.#document.doc);
  }

  missing(known: DocumentState): Uint8Array | undefined {
    return this.#document.missing(known);
  }

  snapshot(): Uint8Array {
    return this.#document.encodeSnapshot();
  }

  async take(updates: readonly Uint8Array[]): ReturnType<DocumentContent['take']> {
    return { ...this.#document.applyAll(updates), delta: nothingProven, forgot: false };
  }

  async write(): Promise<never> {
    throw new MnemeshError(
      'bad_input',
      'This segment holds the text of a document, and no record.',
    );
  }

  alter(
    change: (document: SegmentDocument) => SegmentChange | undefined,
  ): SegmentChange | undefined {
    return change(this.#document);
  }

  sweep(): typeof nothingChanged {
    return nothingChanged;
  }

  putBack(): undefined {
    return undefined;
  }

  ids(): ReturnType<DocumentContent['ids']> {
    return new Set();
  }

  standing(): readonly [] {
    return [];
  }

  live(): readonly [] {
    return [];
  }

  *tombstones(): ReturnType<DocumentContent['tombstones']> {
    // Its text is forgotten by an end of the whole segment.
  }

  destroy(): void {
    this.#document.destroy();
  }
}
