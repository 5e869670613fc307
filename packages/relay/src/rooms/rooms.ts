import { type Cancel, closeCodes, type Runtime } from '@mnemesh/protocol';
import { type KnownBase, Room } from './room.js';
import { answer } from './room-answer.js';
import { RoomCommit } from './room-commit.js';
import { type MutableRoomCounters, newRoomCounters, type RoomCounters } from './room-counters.js';
import { inlineRoomFolder, type RoomFolder } from './room-folder.js';
import { RoomFolding } from './room-folding.js';
import { type RoomLimits, roomLimits } from './room-limits.js';
import { nobody, type RoomCarrier, type RoomCarrierHandler, RoomLink } from './room-link.js';
import type { RoomLog } from './room-log.js';
import type { OutgoingMessage } from './room-messages.js';
import { RoomTurns } from './room-turns.js';

export interface RoomsOptions {
  /** Stays open when the rooms close: whoever opened it closes it after. */
  readonly log: RoomLog;
  readonly runtime: Runtime;
  /** Where rooms are folded; on the caller's own turn when absent. Stays open, like the log. */
  readonly folder?: RoomFolder;
  readonly limits?: Partial<RoomLimits>;
  /** Runs something once the messages that are here have been handled. `setImmediate` when absent. */
  readonly afterTurn?: (run: () => void) => void;
}

export interface RoomsStatus {
  readonly links: number;
  /** Rooms that are loaded now. */
  readonly rooms: readonly RoomStatus[];
  readonly counters: RoomCounters;
}

export interface RoomStatus {
  readonly name: string;
  readonly links: number;
  readonly baseBytes: number;
  /** Bytes beyond the base. */
  readonly rowBytes: number;
  /** Bytes forwarded and not yet durable. */
  readonly pendingBytes: number;
}

/** A room that is being loaded or is loaded, for as long as somebody joins it, is in it, or has something unstored. */
interface Entry {
  readonly name: string;
  users: number;
  room: Room | undefined;
  readonly loaded: Promise<Room>;
}

/**
 * Plain rooms of the y-websocket protocol, which belong to no mesh: stores and forwards what stock
 * clients send. A room is loaded while somebody is in it.
 */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #limits: RoomLimits;
  readonly #folder: RoomFolder;
  readonly #counters: MutableRoomCounters = newRoomCounters();
  readonly #links = new Set<RoomLink<Room>>();
  readonly #entries = new Map<string, Entry>();
  readonly #commit: RoomCommit;
  readonly #folding: RoomFolding;
  readonly #turns: RoomTurns;
  /** Rooms whose links are not read until they are folded. */
  readonly #held = new Set<Room>();
  #cancelSweep: Cancel | undefined;
  /** Set while nobody may join, because the store has just refused a commit. */
  #cancelRefusal: Cancel | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RoomsOptions) {
    const { log, runtime, folder = inlineRoomFolder } = options;
    const limits = { ...roomLimits, ...options.limits };
    const counters = this.#counters;
    this.#options = options;
    this.#limits = limits;
    this.#folder = folder;
    this.#turns = new RoomTurns({
      runtime,
      limits,
      afterTurn: options.afterTurn ?? setImmediate,
    });
    this.#commit = new RoomCommit({
      log,
      runtime,
      limits,
      counters,
      committed: (room) => this.#committed(room),
      failed: (rooms, error) => this.#failed(rooms, error),
    });
    this.#folding = new RoomFolding({
      log,
      folder,
      runtime,
      limits,
      counters,
      folded: (...fold) => this.#folded(...fold),
      unfolded: (name) => this.#letGo(this.#entries.get(name)?.room),
    });
  }

  /** Bytes of the longest message that a carrier must take. */
  get messageBytes(): number {
    return this.#limits.messageBytes;
  }

  accept(carrier: RoomCarrier, name: string): RoomCarrierHandler {
    const refusal = this.#refusal(name);
    if (refusal !== undefined) {
      carrier.close(closeCodes[refusal.code], refusal.reason);
      return nobody;
    }
    const entry = this.#enter(name);
    const link = this.#linkTo(entry, carrier);
    entry.loaded.then(
      (room) => link.join(room),
      () => link.close(closeCodes.storeFailed, 'The room cannot be read from its store.'),
    );
    return link;
  }

  status(): RoomsStatus {
    const rooms: RoomStatus[] = [];
    for (const { room } of this.#entries.values()) {
      if (room === undefined) continue;
      const { name, rowBytes, pendingBytes } = room;
      const baseBytes = room.base.bytes;
      rooms.push({ name, links: room.links.size, baseBytes, rowBytes, pendingBytes });
    }
    return { links: this.#links.size, rooms, counters: { ...this.#counters } };
  }

  /** Stores what is pending, and closes the links. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSweep?.();
    this.#cancelRefusal?.();
    const folded = this.#folding.close();
    this.#turns.flush();
    await this.#commit.flush();
    for (const link of [...this.#links]) link.close(closeCodes.goingAway, 'The relay is closing.');
    // Links pushed while that commit was written.
    await this.#commit.flush();
    await folded;
    await Promise.allSettled([...this.#entries.values()].map(({ loaded }) => loaded));
    this.#entries.clear();
  }

  #refusal(name: string): { readonly code: CloseCodeName; readonly reason: string } | undefined {
    const { links, roomLinks, rooms, nameBytes } = this.#limits;
    if (this.#closing !== undefined) return { code: 'goingAway', reason: 'The relay is closing.' };
    if (name === '' || Buffer.byteLength(name) > nameBytes) {
      return { code: 'notPermitted', reason: `A room needs a name of at most ${nameBytes} bytes.` };
    }
    if (this.#cancelRefusal !== undefined) {
      return { code: 'storeFailed', reason: 'The store takes nothing just now.' };
    }
    const entry = this.#entries.get(name);
    const full =
      this.#links.size >= links ||
      (entry === undefined ? this.#entries.size >= rooms : entry.users >= roomLinks);
    return full ? { code: 'overloaded', reason: 'Too many clients are here.' } : undefined;
  }

  #enter(name: string): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const entry: Entry = { name, users: 1, room: undefined, loaded: this.#load(name) };
    this.#entries.set(name, entry);
    entry.loaded.then(
      (room) => {
        entry.room = room;
        this.#unloadIfIdle(entry);
      },
      () => this.#forget(entry),
    );
    return entry;
  }

  async #load(name: string): Promise<Room> {
    try {
      return new Room(name, await this.#options.log.read(name), this.#limits);
    } catch (error) {
      this.#options.runtime.log('error', 'A room could not be loaded.', {
        room: name,
        reason: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }

  #linkTo(entry: Entry, carrier: RoomCarrier): RoomLink<Room> {
    const link = new RoomLink<Room>({
      carrier,
      limits: this.#limits,
      counters: this.#counters,
      answer: (room, vector) => this.#answer(room, vector),
      changed: (room) => this.#changed(room),
      ended: (ended) => {
        this.#links.delete(ended);
        entry.users--;
        this.#unloadIfIdle(entry);
      },
      defect: (error) =>
        this.#options.runtime.log('error', 'A message could not be handled.', {
          room: entry.name,
          reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    });
    this.#links.add(link);
    this.#counters.linksAccepted++;
    this.#keepSweeping();
    return link;
  }

  async #answer(
    room: Room,
    vector: ReadonlyMap<number, number>,
  ): Promise<readonly OutgoingMessage[]> {
    if (vector.size === 0 && room.rowBytes >= this.#limits.joinFoldBytes) {
      // Only what is stored can be folded.
      await this.#commit.flush();
      await this.#folding.joined(room);
    }
    const { log } = this.#options;
    return answer(room, vector, { log, folder: this.#folder, limits: this.#limits });
  }

  #changed(room: Room): void {
    this.#turns.changed(room);
    this.#commit.consider(room);
    if (room.rowBytes < this.#limits.rowBytesAtMost) return;
    this.#held.add(room);
    for (const link of room.links) link.pause();
  }

  #committed(room: Room): void {
    this.#folding.grown(room);
    if (!this.#folding.isWaiting(room.name)) this.#letGo(room);
    const entry = this.#entries.get(room.name);
    if (entry !== undefined) this.#unloadIfIdle(entry);
  }

  #folded(name: string, base: KnownBase, rows: number, rowBytes: number): void {
    const room = this.#entries.get(name)?.room;
    room?.folded(base, rows, rowBytes);
    this.#letGo(room);
  }

  /** Reads the links of a room again, whose rows were too many. */
  #letGo(room: Room | undefined): void {
    if (room === undefined || !this.#held.delete(room)) return;
    for (const link of room.links) link.resume();
  }

  /** Nothing was stored of what these rooms forwarded last. Their clients hold it, and bring it again. */
  #failed(rooms: readonly Room[], error: unknown): void {
    const { runtime } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    runtime.log('error', 'The store refused what rooms received; their clients are sent away.', {
      rooms: rooms.length,
      reason,
    });
    this.#cancelRefusal?.();
    this.#cancelRefusal = runtime.after(this.#limits.refusedMs, () => {
      this.#cancelRefusal = undefined;
    });
    for (const room of rooms) {
      const entry = this.#entries.get(room.name);
      if (entry !== undefined) this.#forget(entry);
      this.#held.delete(room);
      for (const link of [...room.links]) {
        link.close(closeCodes.storeFailed, 'The room could not be stored.');
      }
    }
  }

  /** A room that nobody uses is dropped at once: everything it had is in the store. */
  #unloadIfIdle(entry: Entry): void {
    const { room, users } = entry;
    if (users > 0 || room === undefined || !room.settled) return;
    if (this.#entries.get(entry.name) !== entry) return;
    this.#forget(entry);
    this.#folding.left(room);
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.name) === entry) this.#entries.delete(entry.name);
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

type CloseCodeName = keyof typeof closeCodes;
