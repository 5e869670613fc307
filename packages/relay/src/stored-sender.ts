import {
  type CatalogEntry,
  type FrameOf,
  MnemeshError,
  limits as wireLimits,
} from '@mnemesh/protocol';
import { type DocumentState, encodeState, holdsAll, readUpdate } from '@mnemesh/segment';
import type { IndexedHead } from './document-states.js';
import type { LinkWriter } from './link-writer.js';
import type { MeshHub } from './mesh-hub.js';
import type { MeshLink } from './mesh-link.js';
import type { RelayLimits } from './relay-limits.js';
import { type DocumentName, isCursorValid, type StoredDocument } from './update-log.js';

type Cursor = NonNullable<FrameOf<'subscribe'>['cursor']>;

/**
 * Sends one link what is committed: what came since its cursor, the catalog, or what one document
 * lacks. Stored bytes go out as they are. What is committed while it sends is caught up with, so that
 * the number it ends with is never ahead of what was sent.
 */
export class StoredSender {
  readonly #hub: MeshHub;
  readonly #writer: LinkWriter;
  readonly #link: MeshLink;
  readonly #limits: RelayLimits;

  constructor(hub: MeshHub, writer: LinkWriter, link: MeshLink, limits: RelayLimits) {
    this.#hub = hub;
    this.#writer = writer;
    this.#link = link;
    this.#limits = limits;
  }

  /** @param resumed called in the turn in which nothing committed is left to send */
  async resume(cursor: Cursor | undefined, resumed: () => void): Promise<void> {
    const whole = cursor !== undefined && isCursorValid(this.#hub, cursor);
    await this.#catchUp(whole ? cursor.number : 0, whole ? this.#updatesOf() : this.#catalog());
    if (this.#writer.closed) return;
    const { incarnation } = this.#hub;
    this.#writer.send({ type: 'resumed', incarnation, number: this.#hub.head, whole });
    resumed();
  }

  /** Everything committed of a document that `known` lacks, then `held`, then what is pending of it. */
  async answer(name: DocumentName, known: DocumentState): Promise<void> {
    const document = await this.#hub.acquire(name);
    try {
      for (let after = 0; !this.#writer.closed && after < this.#hub.lastOf(name.guid); ) {
        const stored = await this.#hub.read(name.guid, after);
        if (stored === undefined || stored.last === after) break;
        await this.#sendStored(name, stored, known);
        after = stored.last;
      }
      if (this.#writer.closed) return;
      const own = this.#writer.document(name);
      this.#writer.send({ type: 'held', document: own, state: encodeState(document.committed) });
      this.#hub.forwardPending(this.#link, document);
    } finally {
      this.#hub.release(document);
    }
  }

  /** Sends round after round, until a round finds nothing newer. */
  async #catchUp(
    number: number,
    send: (heads: readonly IndexedHead[], after: number) => Promise<void>,
  ): Promise<void> {
    let after = number;
    for (let round = 0; !this.#writer.closed; round++) {
      const heads = this.#hub.beyond(after, this.#link);
      const newest = heads[0];
      if (newest === undefined) return;
      if (round >= this.#limits.resumeRounds) {
        throw new MnemeshError('overloaded', 'The mesh is written faster than this link can read.');
      }
      const { last } = newest;
      await send(heads, after);
      after = last;
    }
  }

  /** Sends documents' updates. A document that grew while it waited was sent further than its round. */
  #updatesOf(): (heads: readonly IndexedHead[], after: number) => Promise<void> {
    const sent = new Map<string, number>();
    return async (heads, after) => {
      for (const head of heads) {
        if (this.#writer.closed) return;
        const from = Math.max(after, sent.get(head.guid) ?? 0);
        const stored = await this.#hub.read(head.guid, from);
        if (stored === undefined) continue;
        await this.#sendStored(head, stored, undefined);
        sent.set(head.guid, stored.last);
      }
    };
  }

  #catalog(): (heads: readonly IndexedHead[]) => Promise<void> {
    return async (heads) => {
      // Taken now: entries must not tell of commits that come while earlier frames wait.
      const entries: CatalogEntry[] = heads.map(({ namespace, segment, bytes, hash }) => ({
        namespace,
        segment,
        bytes,
        hash,
      }));
      for (let at = 0; at < entries.length; at += wireLimits.catalogDocuments) {
        await this.#writer.room();
        const documents = entries.slice(at, at + wireLimits.catalogDocuments);
        this.#writer.send({ type: 'catalog', documents });
      }
    };
  }

  async #sendStored(
    name: DocumentName,
    stored: StoredDocument,
    known: DocumentState | undefined,
  ): Promise<void> {
    const base = stored.base === undefined ? [] : [stored.base.update];
    for (const update of [...base, ...stored.rows.map((row) => row.update)]) {
      if (known !== undefined && holdsAll(known, readUpdate(update))) continue;
      await this.#writer.sendStored(name, update);
      if (this.#writer.closed) return;
    }
  }
}
