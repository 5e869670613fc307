import type { CloseCode } from '@mnemesh/protocol';
import { decodeState } from '@mnemesh/segment';
import type { RoomLimits } from './room-limits.js';
import type { RoomRow, StoredRoom } from './room-log.js';
import {
  copiedUpdateMessage,
  type OutgoingMessage,
  presenceMessage,
  updateMessage,
} from './room-messages.js';
import { RoomPresence } from './room-presence.js';
import { type AdmittedUpdate, RoomState } from './room-state.js';
import { UpdateMerge } from './update-merge.js';
import { readUpdateBeyond } from './update-reader.js';

/** What became of an update: all of it taken, only what follows on the room's state, or nothing for lack of space. */
export type Taken = 'whole' | 'part' | 'full';

/** A room's base as far as it is kept in memory. */
export interface KnownBase {
  readonly through: number;
  readonly bytes: number;
  readonly clocks: ReadonlyMap<number, number>;
}

/** A client in the room. */
export interface RoomMember {
  send(message: OutgoingMessage): void;
  /** Is read no further, and goes on being read. */
  pause(): void;
  resume(): void;
  close(code: CloseCode, reason: string): void;
}

/** Updates of one turn on their way to the links, and who wrote them when it was one link alone. */
interface Outgoing {
  /** The only one so far: it goes on as it came, or becomes the first of a merge. */
  single: { readonly admitted: AdmittedUpdate; readonly update: Uint8Array } | undefined;
  merge: UpdateMerge | undefined;
  writer: RoomMember | undefined;
}

const noBase: KnownBase = { through: 0, bytes: 0, clocks: new Map() };

/** A room that is loaded: what it holds, but not its document, and who is in it. */
export class Room {
  readonly name: string;
  readonly presence: RoomPresence;
  readonly #limits: RoomLimits;
  readonly #state: RoomState;
  /** Everybody who joined. */
  readonly links = new Set<RoomMember>();
  /** Those who asked for the room's state, and so are sent what is new. */
  readonly followers = new Set<RoomMember>();
  /** Bytes of a base that still goes out to somebody, to be shared with the next who asks. */
  sharedBase: { readonly through: number; readonly update: WeakRef<Uint8Array> } | undefined;
  /** When it sent last, in milliseconds since the epoch. */
  sentAt = 0;
  #base: KnownBase = noBase;
  #last = 0;
  #rows = 0;
  #rowBytes = 0;
  #outgoing: Outgoing[] = [];
  #pending: UpdateMerge[] = [];
  #pendingBytes = 0;
  #committing: readonly RoomRow[] = [];
  #committingBytes = 0;

  constructor(name: string, stored: StoredRoom | undefined, limits: RoomLimits) {
    this.name = name;
    this.#limits = limits;
    this.presence = new RoomPresence(limits);
    const { base, rows = [] } = stored ?? {};
    const state = base && decodeState(base.state);
    this.#state = new RoomState(state);
    if (base !== undefined && state !== undefined) {
      this.#base = { through: base.through, bytes: base.bytes, clocks: state.clocks };
      this.#last = base.through;
    }
    for (const { number, update } of rows) {
      this.#state.admit(readUpdateBeyond(update, this.#state.clocks));
      this.#last = number;
      this.#rows++;
      this.#rowBytes += update.length;
    }
  }

  get state(): RoomState {
    return this.#state;
  }

  get base(): KnownBase {
    return this.#base;
  }

  /** Committed rows, and the bytes of all that is not folded, committed or not. */
  get rows(): number {
    return this.#rows;
  }

  get rowBytes(): number {
    return this.#rowBytes + this.#pendingBytes + this.#committingBytes;
  }

  /** Bytes that are forwarded and not yet durable. */
  get pendingBytes(): number {
    return this.#pendingBytes + this.#committingBytes;
  }

  /** Is everything it was sent in the store? */
  get settled(): boolean {
    return this.#pending.length === 0 && this.#committing.length === 0;
  }

  /** Must its store be read to tell what it holds? */
  get stored(): boolean {
    return this.#rows > 0 || this.#base.through > 0;
  }

  /**
   * Takes in an update of a client, to be forwarded and stored.
   * @throws RangeError for bytes that are no update
   */
  push(writer: RoomMember, update: Uint8Array): Taken {
    const read = readUpdateBeyond(update, this.#state.clocks);
    if (this.#base.bytes + this.rowBytes + update.length > this.#limits.roomBytes) return 'full';
    const admitted = this.#state.admit(read);
    if (admitted.pieces.length > 0 || admitted.deleted.size > 0) {
      this.#forward(writer, admitted, update);
      this.#keep(admitted);
    }
    return admitted.whole ? 'whole' : 'part';
  }

  /** Sends what has come since the last call, as few messages for all links. */
  flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    for (const updates of outgoing) {
      let message: OutgoingMessage | undefined;
      for (const link of this.followers) {
        // To leave its own updates out for one writer of several would cost another message each.
        if (link === updates.writer) continue;
        message ??= messageOf(updates);
        link.send(message);
      }
    }
    if (!this.presence.changed) return;
    const message = presenceMessage(this.presence.takeChanged());
    // To the sender too: the stock client takes its own echo for the sign that the link lives.
    for (const link of this.links) link.send(message);
  }

  /** Updates that are not in the store yet, in order. */
  unstored(): readonly Uint8Array[] {
    return [
      ...this.#committing.map(({ update }) => update),
      ...this.#pending.map((merge) => merge.encode()),
    ];
  }

  /** What is pending as rows. They count as being committed until `committed` or a failure. */
  seal(): readonly RoomRow[] {
    this.#committing = this.#pending.map((merge, index) => ({
      room: this.name,
      number: this.#last + 1 + index,
      update: merge.encode(),
    }));
    this.#committingBytes = this.#committing.reduce((sum, { update }) => sum + update.length, 0);
    this.#last += this.#committing.length;
    this.#pending = [];
    this.#pendingBytes = 0;
    return this.#committing;
  }

  committed(): void {
    this.#rows += this.#committing.length;
    this.#rowBytes += this.#committingBytes;
    this.#committing = [];
    this.#committingBytes = 0;
  }

  /** The store has folded rows of this room into a base. */
  folded(base: KnownBase, rows: number, rowBytes: number): void {
    if (base.through <= this.#base.through) return;
    this.#base = base;
    this.#rows -= rows;
    this.#rowBytes -= rowBytes;
  }

  #forward(writer: RoomMember, admitted: AdmittedUpdate, update: Uint8Array): void {
    const last = this.#outgoing.at(-1);
    if (last !== undefined && mergedOf(last).add(admitted)) {
      if (last.writer !== writer) last.writer = undefined;
    } else if (admitted.verbatim) {
      this.#outgoing.push({ single: { admitted, update }, merge: undefined, writer });
    } else {
      this.#outgoing.push({ single: undefined, merge: mergeOf(admitted), writer });
    }
  }

  #keep(admitted: AdmittedUpdate): void {
    const pending = this.#pending.at(-1);
    const before = pending?.bytes ?? 0;
    if (pending?.add(admitted)) {
      this.#pendingBytes += pending.bytes - before;
      return;
    }
    const merge = mergeOf(admitted);
    this.#pending.push(merge);
    this.#pendingBytes += merge.bytes;
  }
}

function mergedOf(outgoing: Outgoing): UpdateMerge {
  if (outgoing.single !== undefined) outgoing.merge = mergeOf(outgoing.single.admitted);
  outgoing.single = undefined;
  return outgoing.merge as UpdateMerge;
}

function messageOf({ single, merge }: Outgoing): OutgoingMessage {
  return single === undefined
    ? updateMessage(merge as UpdateMerge)
    : copiedUpdateMessage(single.update);
}

/** An update that overlaps within itself cannot be one merge, and none that was admitted does. */
function mergeOf(admitted: AdmittedUpdate): UpdateMerge {
  const merge = new UpdateMerge();
  if (!merge.add(admitted)) throw new Error('an admitted update overlaps with itself');
  return merge;
}
