import { type CloseCode, closeCodes, hasCode } from '@mnemesh/protocol';
import type { HeldDocument } from '../document-states.js';
import type { MeshHub } from '../mesh-hub.js';
import type { MeshLink } from '../mesh-link.js';
import type { RoomMember, Taken } from '../rooms/room.js';
import { covers, lackingOf, restBeyond } from '../rooms/room-answer.js';
import type { RoomFolder } from '../rooms/room-folder.js';
import type { RoomLimits } from '../rooms/room-limits.js';
import type { LinkedRoom } from '../rooms/room-link.js';
import {
  copiedUpdateMessage,
  type OutgoingMessage,
  presenceMessage,
  storedUpdateMessage,
} from '../rooms/room-messages.js';
import { RoomPresence } from '../rooms/room-presence.js';
import { readUpdateBeyond } from '../rooms/update-reader.js';

type Vector = ReadonlyMap<number, number>;

/**
 * The plain clients of one prose document. To the mesh they are one more link: what they send is checked, forwarded,
 * numbered and stored like any replica's push, and what replicas push is sent on to them. Nothing of the document is
 * kept here.
 */
export class ProseRoom implements LinkedRoom {
  readonly links = new Set<RoomMember>();
  readonly followers = new Set<RoomMember>();
  readonly presence: RoomPresence;
  readonly #link: MeshLink;
  readonly #hub: MeshHub;
  readonly #document: HeldDocument;
  readonly #limits: RoomLimits;
  readonly #folder: RoomFolder;
  readonly #left: () => void;

  /** @param document acquired for this room, which releases it */
  constructor(
    hub: MeshHub,
    document: HeldDocument,
    limits: RoomLimits,
    folder: RoomFolder,
    left: () => void,
  ) {
    this.#left = left;
    this.#hub = hub;
    this.#document = document;
    this.#limits = limits;
    this.#folder = folder;
    this.presence = new RoomPresence(limits);
    this.#link = this.#linkToMesh();
    hub.join(this.#link);
  }

  get state(): { readonly clocks: Vector } {
    return this.#document.held;
  }

  push(writer: RoomMember, update: Uint8Array): Taken {
    // Stricter than the mesh's own look: what a client sends here nobody has signed.
    readUpdateBeyond(update, this.state.clocks);
    if (this.#bytes + update.length > this.#limits.roomBytes) return 'full';
    const kept = Uint8Array.from(update);
    try {
      const verdict = this.#hub.push(this.#document, kept, this.#link);
      if (verdict.kind === 'gap') return 'part';
      if (verdict.kind === 'denied') return this.#deny(verdict.reason);
      if (verdict.kind === 'accepted') this.#send(copiedUpdateMessage(kept), writer);
    } catch (error) {
      if (!hasCode(error, 'overloaded')) throw error;
      writer.close(closeCodes.overloaded, error.message);
    }
    return 'whole';
  }

  /** What a client that holds `vector` lacks. It must be among the followers already. */
  async answer(vector: Vector): Promise<readonly OutgoingMessage[]> {
    const { held, pending, name } = this.#document;
    const deleted = flat(held.deleted);
    if (vector.size > 0 && covers(vector, held.clocks)) return restBeyond(vector, [], deleted);
    // Before the read: what is committed meanwhile may be in neither.
    const unstored = [...pending];
    const stored = await this.#hub.read(name.guid, 0);
    const rows = stored?.rows.map(({ update }) => update) ?? [];
    const messages = restBeyond(vector, [...rows, ...unstored], deleted);
    const base = stored?.base?.update;
    if (base === undefined) return messages;
    const lacking =
      vector.size === 0 ? base : await lackingOf(base, vector, this.#folder, this.#limits);
    return [storedUpdateMessage(lacking, 'update'), ...messages];
  }

  /** Sends what changed of who is there. */
  flush(): void {
    if (!this.presence.changed) return;
    const message = presenceMessage(this.presence.takeChanged());
    // To the sender too: the stock client takes its own echo for the sign that the link lives.
    for (const link of this.links) link.send(message);
  }

  close(code: CloseCode, reason: string): void {
    for (const link of [...this.links]) link.close(code, reason);
  }

  /** Nobody is here any more. */
  leave(): void {
    this.#hub.leave(this.#link);
    this.#hub.release(this.#document);
    this.#left();
  }

  #linkToMesh(): MeshLink {
    const { name } = this.#document;
    const nothing = (): void => undefined;
    return {
      live: true,
      serves: undefined,
      superseded: nothing,
      subscribes: (namespace) => namespace === name.namespace,
      forward: ({ guid }, update) => {
        if (guid === name.guid) this.#send(copiedUpdateMessage(update), undefined);
      },
      // Plain clients are told nothing of durability.
      handled: 0,
      forwarded: 0,
      durable: nothing,
      presence: nothing,
      signal: nothing,
      documentsEnded: () => {
        if (this.#hub.isEnded(name)) this.close(closeCodes.notPermitted, GONE);
      },
      close: (code, reason) => this.close(code, reason),
    };
  }

  get #bytes(): number {
    return this.#hub.bytesOf(this.#document.name.guid) + this.#document.pendingBytes;
  }

  #deny(reason: string): Taken {
    if (reason === 'malformed') throw new RangeError('this is no update of a Yjs document');
    return 'full';
  }

  #send(message: OutgoingMessage, writer: RoomMember | undefined): void {
    for (const link of this.followers) if (link !== writer) link.send(message);
  }
}

/** Why a document that is over cannot be joined. */
export const GONE = 'This document was forgotten.';

function flat(
  deleted: ReadonlyMap<number, readonly { readonly from: number; readonly to: number }[]>,
): ReadonlyMap<number, readonly number[]> {
  return new Map(
    [...deleted].map(([client, ranges]) => [client, ranges.flatMap(({ from, to }) => [from, to])]),
  );
}
