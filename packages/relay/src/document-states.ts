import { type Guid, MnemeshError } from '@mnemesh/protocol';
import {
  type DocumentState,
  decodeState,
  emptyState,
  stateOf,
  type UpdateContent,
  uniteStates,
} from '@mnemesh/segment';
import type { RelayLimits } from './relay-limits.js';
import type { DocumentHead, DocumentName, MeshLog } from './update-log.js';

/** One document as the relay knows it: what it holds, and never its content. */
export class HeldDocument {
  readonly name: DocumentName;
  /** State of everything committed. */
  committed: DocumentState;
  /** State of everything committed or pending: what the next push must follow on. */
  held: DocumentState;
  /** Updates that are forwarded and not yet committed, in order. */
  readonly pending: Uint8Array[] = [];
  pendingBytes = 0;
  /** What caching it costs, in bytes: about its encoded state. */
  cost: number;
  /** Steps that hold this instance; it is not evicted meanwhile. */
  users = 0;

  constructor(name: DocumentName, committed: DocumentState, stateBytes: number) {
    this.name = name;
    this.committed = committed;
    this.held = committed;
    this.cost = stateBytes + ENTRY_BYTES;
  }

  addPending(update: Uint8Array, content: UpdateContent): void {
    this.pending.push(update);
    this.pendingBytes += update.length;
    this.held = uniteStates(this.held, stateOf(content));
  }
}

/** A head that the index keeps up to date. */
export type IndexedHead = { -readonly [Key in keyof DocumentHead]: DocumentHead[Key] };

/** The documents of one mesh: an index of all heads, and the states of those used last. */
export class DocumentStates {
  readonly #log: MeshLog;
  readonly #limits: RelayLimits;
  readonly #heads: Map<Guid, IndexedHead>;
  /** Least recently used first. */
  readonly #loaded = new Map<Guid, HeldDocument>();
  readonly #loading = new Map<Guid, Loading>();
  #cachedBytes = 0;
  #head: number;

  constructor(log: MeshLog, heads: readonly DocumentHead[], limits: RelayLimits) {
    this.#log = log;
    this.#limits = limits;
    this.#heads = new Map(heads.map((head) => [head.guid, { ...head }]));
    this.#head = log.head;
  }

  /** Heads of the documents that have committed updates. */
  get heads(): ReadonlyMap<Guid, IndexedHead> {
    return this.#heads;
  }

  /** Number up to which this index is complete. The log's own head may run ahead of it by one group. */
  get head(): number {
    return this.#head;
  }

  get loaded(): number {
    return this.#loaded.size;
  }

  /** Whoever acquires a document releases it. At once when its state is loaded. */
  acquire(name: DocumentName): HeldDocument | Promise<HeldDocument> {
    const document = this.#loaded.get(name.guid);
    if (document === undefined) return this.#acquireLater(name);
    this.#loaded.delete(name.guid);
    this.#loaded.set(name.guid, document);
    document.users++;
    return document;
  }

  release(document: HeldDocument): void {
    document.users--;
    this.#evict();
  }

  /** A group with updates of this document was committed. */
  committed(document: HeldDocument, commit: DocumentCommit): void {
    const { state, stateBytes, hash, updates, bytes, last } = commit;
    document.committed = state;
    this.#cachedBytes += stateBytes + ENTRY_BYTES - document.cost;
    document.cost = stateBytes + ENTRY_BYTES;
    document.pending.splice(0, updates);
    document.pendingBytes -= bytes;
    let head = this.#heads.get(document.name.guid);
    if (head === undefined) {
      head = { ...document.name, bytes: 0, rows: 0, rowBytes: 0, last: 0, hash };
      this.#heads.set(document.name.guid, head);
    }
    head.bytes += bytes;
    head.rows += updates;
    head.rowBytes += bytes;
    head.last = last;
    head.hash = hash;
    this.#head = Math.max(this.#head, last);
  }

  /** The document's base now covers `rows` rows more. */
  folded(guid: Guid, rows: number, rowBytes: number, baseBytes: number): void {
    const head = this.#heads.get(guid);
    if (head === undefined) return;
    head.rows -= rows;
    head.rowBytes -= rowBytes;
    head.bytes = baseBytes + head.rowBytes;
  }

  /** These documents are over, and out of the log. */
  remove(guids: Iterable<Guid>): void {
    for (const guid of guids) {
      this.#heads.delete(guid);
      const document = this.#loaded.get(guid);
      if (document === undefined) continue;
      this.#loaded.delete(guid);
      this.#cachedBytes -= document.cost;
    }
  }

  #acquireLater(name: DocumentName): Promise<HeldDocument> {
    let loading = this.#loading.get(name.guid);
    if (loading === undefined) {
      loading = { users: 0, document: this.#load(name) };
      this.#loading.set(name.guid, loading);
    }
    loading.users++;
    return loading.document;
  }

  async #load(name: DocumentName): Promise<HeldDocument> {
    try {
      const encoded = await this.#log.state(name.guid);
      const document = new HeldDocument(name, this.#decode(encoded, name), encoded?.length ?? 0);
      // Counted before anyone resumes, or it could be evicted and loaded twice in between.
      document.users = this.#loading.get(name.guid)?.users ?? 0;
      this.#loaded.set(name.guid, document);
      this.#cachedBytes += document.cost;
      return document;
    } finally {
      this.#loading.delete(name.guid);
    }
  }

  #decode(encoded: Uint8Array | undefined, name: DocumentName): DocumentState {
    if (encoded === undefined) return emptyState;
    try {
      return decodeState(encoded);
    } catch (cause) {
      throw new MnemeshError(
        'store_failed',
        `The stored state of document ${name.guid} of ${name.namespace} cannot be read. Put a backup in the log's place.`,
        { cause },
      );
    }
  }

  #evict(): void {
    for (const [guid, document] of this.#loaded) {
      if (this.#cachedBytes <= this.#limits.cachedStateBytes) return;
      if (document.users > 0 || document.pending.length > 0) continue;
      this.#loaded.delete(guid);
      this.#cachedBytes -= document.cost;
    }
  }
}

/** What a committed group did to one document. */
export interface DocumentCommit {
  readonly state: DocumentState;
  readonly stateBytes: number;
  readonly hash: string;
  /** Updates of this document in the group, and their bytes. */
  readonly updates: number;
  readonly bytes: number;
  /** Number of this document's last update, which need not be the group's. */
  readonly last: number;
}

interface Loading {
  users: number;
  readonly document: Promise<HeldDocument>;
}

/** Bytes charged for a cached document besides its state. */
const ENTRY_BYTES = 512;
