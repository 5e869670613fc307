import type { Segments } from '../documents/segments.js';
import type { LinkDocuments } from './link-documents.js';
import type { RelayKnowledge } from './relay-knowledge.js';
import { syncLimits } from './sync-limits.js';

/** Bytes of older segments to fetch unasked. `all` for those who can hold everything. */
export type Reach = 'all' | { readonly bytes: number };

/** Fetches what a relay's log was read past: newest first, a few at a time, as far as the reach goes. */
export class Backfill {
  readonly #segments: Segments;
  readonly #knowledge: RelayKnowledge;
  readonly #documents: LinkDocuments;
  readonly #reach: Reach;
  #fetchedBytes = 0;

  constructor(
    segments: Segments,
    knowledge: RelayKnowledge,
    documents: LinkDocuments,
    reach: Reach,
  ) {
    this.#segments = segments;
    this.#knowledge = knowledge;
    this.#documents = documents;
    this.#reach = reach;
  }

  next(): void {
    for (const document of this.#knowledge.awaited) {
      if (this.#documents.asked >= syncLimits.statesInFlight) return;
      if (this.#documents.isAsked(document.guid)) continue;
      const held = this.#segments.has(document.guid);
      if (!held && this.#reach !== 'all' && this.#fetchedBytes + document.bytes > this.#reach.bytes)
        continue;
      // Counted when asked for: several are on their way at once.
      this.#fetchedBytes += document.bytes;
      this.#documents.ask(document);
    }
  }
}
