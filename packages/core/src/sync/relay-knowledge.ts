import type { Guid } from '@mnemesh/protocol';
import { decodeState, encodeState } from '@mnemesh/segment';
import type { CoveredDocument } from '../documents/segment-heads.js';
import type { Segments } from '../documents/segments.js';
import type { Journal } from '../journal.js';
import type { AwaitedDocument, RelayCursor, StoreBatch, StoredSyncState } from '../ports/index.js';
import { KnownStates } from './known-states.js';
import { syncLimits } from './sync-limits.js';

/**
 * What this replica knows of its relay, kept across restarts: the cursor, what the relay holds of
 * each document, and the documents the cursor does not cover. Every save of it goes through the
 * journal behind the updates it speaks of, so the stored cursor is never ahead of them; nobody waits
 * for it to be durable, since what a crash takes back the relay sends again.
 */
export class RelayKnowledge {
  readonly known = new KnownStates();
  readonly #segments: Segments;
  readonly #journal: Journal;
  readonly #awaited = new Map<Guid, AwaitedDocument>();
  #cursor: RelayCursor | undefined;
  #interrupted = 0;

  constructor(segments: Segments, journal: Journal, stored: StoredSyncState) {
    this.#segments = segments;
    this.#journal = journal;
    this.#cursor = stored.cursor;
    for (const [guid, state] of stored.known) this.known.add(guid, decodeState(state));
    for (const document of stored.awaited) {
      this.#awaited.set(document.guid, document);
      segments.heardOf(document);
    }
  }

  /**
   * The cursor, if it was read under these globs. Not after too many interrupted resumes: each sends
   * from the cursor again, and a link that never lasts as long as that would get nowhere.
   */
  cursor(subscription: string): RelayCursor | undefined {
    if (this.#interrupted >= syncLimits.interruptedResumes) return undefined;
    return this.#cursor?.subscription === subscription ? this.#cursor : undefined;
  }

  /** In the order in which they should be fetched. */
  get awaited(): readonly AwaitedDocument[] {
    return [...this.#awaited.values()];
  }

  isAwaited(guid: Guid): boolean {
    return this.#awaited.has(guid);
  }

  /** A link died after a part of what came since the cursor, and before its end. */
  interrupted(): void {
    this.#interrupted++;
  }

  /** The relay's log has been read up to here; these documents advanced. */
  async advance(cursor: RelayCursor | undefined, guids: readonly Guid[]): Promise<void> {
    if (cursor !== undefined) {
      this.#cursor = cursor;
      this.#interrupted = 0;
    }
    const batch: StoreBatch = {
      deferred: true,
      ...(cursor === undefined ? {} : { cursor }),
      known: guids.map((guid) => ({ guid, state: encodeState(this.known.get(guid)) })),
      ...this.#segments.heads.markAcked(await this.#covered(guids)),
    };
    await this.#journal.commit(batch);
  }

  /** The relay cannot go on from our cursor: everything is compared by state anew. */
  async restart(cursor: RelayCursor, documents: readonly AwaitedDocument[]): Promise<void> {
    this.#cursor = cursor;
    this.#interrupted = 0;
    this.known.forget();
    this.#awaited.clear();
    // An end may have come since they were listed.
    const awaited = documents.filter((document) => !this.#segments.isOver(document));
    for (const document of awaited) {
      this.#awaited.set(document.guid, document);
      this.#segments.heardOf(document);
    }
    this.#segments.heads.markAllUnacked();
    await this.#journal.commit({ resetSync: true, cursor, awaited });
  }

  /** This document has a hole, or something of it was passed over: the cursor does not cover it. */
  await(document: AwaitedDocument): Promise<void> {
    if (this.#awaited.has(document.guid) || this.#segments.isOver(document))
      return Promise.resolve();
    this.#awaited.set(document.guid, document);
    return this.#journal.commit({ awaited: [document] });
  }

  /** Everything the relay holds of this document is here. */
  async arrived(guid: Guid): Promise<void> {
    this.#awaited.delete(guid);
    await this.#journal.commit({
      deferred: true,
      noLongerAwaited: [guid],
      known: [{ guid, state: encodeState(this.known.get(guid)) }],
      ...this.#segments.heads.markAcked(await this.#covered([guid])),
    });
  }

  /** Awaited documents that are over: they will never arrive. */
  get over(): readonly AwaitedDocument[] {
    return this.awaited.filter((document) => this.#segments.isOver(document));
  }

  /** The document is over: nothing of it is awaited. The store forgets it with the document. */
  drop(guid: Guid, error: Error): void {
    this.#awaited.delete(guid);
    this.known.drop(guid, error);
  }

  /** Nothing is known any more, not even the relay's position. */
  reset(batch: StoreBatch): Promise<void> {
    this.#cursor = undefined;
    this.known.forget();
    this.#awaited.clear();
    this.#segments.heads.markAllUnacked();
    return this.#journal.commit({ ...batch, resetSync: true });
  }

  #covered(guids: readonly Guid[]): Promise<readonly CoveredDocument[]> {
    return this.#segments.covered(guids, (guid) => this.known.get(guid));
  }
}
