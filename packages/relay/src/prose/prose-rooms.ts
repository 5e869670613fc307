import {
  type Cancel,
  closeCodes,
  hasCode,
  type MeshId,
  MnemeshError,
  type Runtime,
} from '@mnemesh/protocol';
import type { MeshHub } from '../mesh-hub.js';
import { newRoomCounters, type RoomCounters } from '../rooms/room-counters.js';
import { inlineRoomFolder, type RoomFolder } from '../rooms/room-folder.js';
import type { RoomLimits } from '../rooms/room-limits.js';
import { nobody, type RoomCarrier, type RoomCarrierHandler, RoomLink } from '../rooms/room-link.js';
import type { DocumentName } from '../update-log.js';
import { parseProsePath } from './prose-name.js';
import { GONE, ProseRoom } from './prose-room.js';
import { proseRoomLimits } from './prose-room-limits.js';

export interface ProseRoomsOptions {
  readonly runtime: Runtime;
  readonly folder?: RoomFolder;
  readonly limits?: Partial<RoomLimits>;
  /** Opens the hub of a mesh and counts the room as a user of it; undefined for a mesh of which nothing is here. */
  readonly openHub: (mesh: MeshId) => Promise<MeshHub | undefined>;
  /** That user is gone. */
  readonly left: (hub: MeshHub) => void;
}

export interface ProseRoomsStatus {
  readonly links: number;
  /** Documents that plain clients are in. */
  readonly rooms: number;
  readonly counters: RoomCounters;
}

/** A document that somebody joins or is in. */
interface Entry {
  users: number;
  readonly opened: Promise<ProseRoom | Refusal>;
}

type Refusal = { readonly code: 'notHere' | 'notPermitted'; readonly reason: string };

const NOT_HERE: Refusal = {
  code: 'notHere',
  reason: 'No replica has brought this document to the relay yet.',
};

/** Prose documents of meshes, for unmodified y-websocket clients. A document is created by replicas alone. */
export class ProseRooms {
  readonly #options: ProseRoomsOptions;
  readonly #limits: RoomLimits;
  readonly #folder: RoomFolder;
  readonly #counters = newRoomCounters();
  readonly #links = new Set<RoomLink<ProseRoom>>();
  readonly #entries = new Map<string, Entry>();
  #cancelSweep: Cancel | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: ProseRoomsOptions) {
    this.#options = options;
    this.#limits = { ...proseRoomLimits, ...options.limits };
    this.#folder = options.folder ?? inlineRoomFolder;
  }

  /** Bytes of the longest message that a carrier must take. */
  get messageBytes(): number {
    return this.#limits.messageBytes;
  }

  /** @param path what follows `/prose/` */
  accept(carrier: RoomCarrier, path: string): RoomCarrierHandler {
    const refuse = (code: keyof typeof closeCodes, reason: string): RoomCarrierHandler => {
      carrier.close(closeCodes[code], reason);
      return nobody;
    };
    if (this.#closing !== undefined) return refuse('goingAway', 'The relay is closing.');
    let parsed: ReturnType<typeof parseProsePath>;
    try {
      parsed = parseProsePath(path);
    } catch (error) {
      return refuse('notPermitted', error instanceof Error ? error.message : String(error));
    }
    const { mesh, name } = parsed;
    const known = this.#entries.get(name.guid);
    const isFull =
      this.#links.size >= this.#limits.links ||
      (known === undefined
        ? this.#entries.size >= this.#limits.rooms
        : known.users >= this.#limits.roomLinks);
    if (isFull) return refuse('overloaded', 'Too many clients are here.');
    return this.#join(carrier, known ?? this.#open(mesh, name), name);
  }

  status(): ProseRoomsStatus {
    const { size: links } = this.#links;
    return { links, rooms: this.#entries.size, counters: { ...this.#counters } };
  }

  /** Closes the links. What they sent is in the mesh's log like any push. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSweep?.();
    const opening = [...this.#entries.values()].map(({ opened }) => opened);
    for (const link of [...this.#links]) link.close(closeCodes.goingAway, 'The relay is closing.');
    await Promise.allSettled(opening);
  }

  #join(carrier: RoomCarrier, entry: Entry, { guid }: DocumentName): RoomCarrierHandler {
    entry.users++;
    const link = new RoomLink<ProseRoom>({
      carrier,
      limits: this.#limits,
      counters: this.#counters,
      answer: (room, vector) => room.answer(vector),
      changed: (room) => room.flush(),
      ended: (ended) => {
        this.#links.delete(ended);
        entry.users--;
        if (entry.users === 0) this.#letGo(entry, guid);
      },
      defect: (error) =>
        this.#options.runtime.log('error', 'A message could not be handled.', {
          document: guid,
          reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    });
    this.#links.add(link);
    this.#counters.linksAccepted++;
    this.#keepSweeping();
    entry.opened.then(
      (room) => {
        if (room instanceof ProseRoom) link.join(room);
        else link.close(closeCodes[room.code], room.reason);
      },
      (error: unknown) => {
        if (hasCode(error, 'overloaded')) link.close(closeCodes.overloaded, error.message);
        else link.close(closeCodes.storeFailed, 'The document cannot be read from the log.');
      },
    );
    return link;
  }

  #open(mesh: MeshId, name: DocumentName): Entry {
    const entry: Entry = { users: 0, opened: this.#openRoom(mesh, name) };
    this.#entries.set(name.guid, entry);
    entry.opened.catch(() => undefined); // each link is told
    return entry;
  }

  async #openRoom(mesh: MeshId, name: DocumentName): Promise<ProseRoom | Refusal> {
    const hub = await this.#options.openHub(mesh);
    if (hub === undefined) return NOT_HERE;
    try {
      if (hub.isEnded(name)) return this.#refused(hub, { code: 'notPermitted', reason: GONE });
      const document = await hub.acquire(name);
      if (hub.closed) {
        hub.release(document);
        throw new MnemeshError('overloaded', 'The relay has let go of this mesh. Come again.', {
          retryable: true,
        });
      }
      if (document.held.clocks.size > 0)
        return new ProseRoom(hub, document, this.#limits, this.#folder, () =>
          this.#options.left(hub),
        );
      hub.release(document);
      return this.#refused(hub, NOT_HERE);
    } catch (error) {
      this.#options.left(hub);
      throw error;
    }
  }

  #refused(hub: MeshHub, refusal: Refusal): Refusal {
    this.#options.left(hub);
    return refusal;
  }

  /** Who joins from now on opens the document anew. */
  #letGo(entry: Entry, guid: DocumentName['guid']): void {
    if (this.#entries.get(guid) === entry) this.#entries.delete(guid);
    entry.opened.then(
      (room) => {
        if (room instanceof ProseRoom) room.leave();
      },
      () => undefined,
    );
  }

  /** One timer for all links, and none while there are none. */
  #keepSweeping(): void {
    this.#cancelSweep ??= this.#options.runtime.after(this.#limits.sweepMs, () => {
      this.#cancelSweep = undefined;
      for (const link of [...this.#links]) link.sweep();
      if (this.#links.size > 0 && this.#closing === undefined) this.#keepSweeping();
    });
  }
}
