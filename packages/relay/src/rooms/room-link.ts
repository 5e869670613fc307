import { type CloseCode, closeCodes } from '@mnemesh/protocol';
import type { RoomMember, Taken } from './room.js';
import type { MutableRoomCounters } from './room-counters.js';
import type { RoomLimits } from './room-limits.js';
import {
  nothingNewMessage,
  type OutgoingMessage,
  presenceMessage,
  readClientMessage,
  stateVectorMessage,
} from './room-messages.js';
import type { RoomPresence } from './room-presence.js';

/** The connection below a link of a plain room. */
export interface RoomCarrier {
  /** For people: an address or a name. */
  readonly peer: string;
  /** Bytes handed to `send` that have not left yet. */
  readonly bufferedBytes: number;
  /** Never throws; after `close` it does nothing. */
  send(message: OutgoingMessage): void;
  /** Asks for a sign of life, which counts as heard. */
  ping(): void;
  /** Reads no further, and goes on reading; what has been read still arrives. */
  pause(): void;
  resume(): void;
  /** Idempotent. The handler's `closed` is called once, also for a local close. */
  close(code: CloseCode, reason: string): void;
  /** Ends the connection without a word, and drops what has not left. */
  cutOff(): void;
}

/** What the owner of a room's connection is told. */
export interface RoomCarrierHandler {
  /** A message; undefined for one that was no binary message. */
  received(message: Uint8Array | undefined): void;
  heard(): void;
  /** The last call. */
  closed(): void;
}

/** Handles what still comes by a link that was refused. */
export const nobody: RoomCarrierHandler = {
  received: () => undefined,
  heard: () => undefined,
  closed: () => undefined,
};

/** What a link needs of the room it is in, whoever stores it. */
export interface LinkedRoom {
  readonly links: Set<RoomMember>;
  readonly followers: Set<RoomMember>;
  readonly presence: RoomPresence;
  readonly state: { readonly clocks: ReadonlyMap<number, number> };
  /** @throws RangeError for bytes that are no update */
  push(writer: RoomMember, update: Uint8Array): Taken;
}

export interface RoomLinkOptions<Room extends LinkedRoom> {
  readonly carrier: RoomCarrier;
  readonly limits: RoomLimits;
  readonly counters: MutableRoomCounters;
  /** Answers a client's sync step 1. Rejects when the store cannot be read. */
  readonly answer: (
    room: Room,
    vector: ReadonlyMap<number, number>,
  ) => Promise<readonly OutgoingMessage[]>;
  /** The room has something to send, or to store. */
  readonly changed: (room: Room) => void;
  readonly ended: (link: RoomLink<Room>) => void;
  /** A message met a defect of ours; its link is closed, and nobody else is harmed. */
  readonly defect: (error: unknown) => void;
}

type State = 'joining' | 'joined' | 'closed';

/** One client in one plain room. */
export class RoomLink<Room extends LinkedRoom> implements RoomCarrierHandler, RoomMember {
  readonly #options: RoomLinkOptions<Room>;
  #state: State = 'joining';
  #room: Room | undefined;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  /** The client was asked for what the room lacks, and has not answered yet. */
  #asked = false;
  /** It has answered once, and so has been told who is here. */
  #greeted = false;
  #answering = false;
  /** What it asked for last while an answer was on its way. */
  #askedAgain: ReadonlyMap<number, number> | undefined;
  /** Bytes of the answer that are unsent: a large room does not make a slow reader. */
  #answerBytes = 0;
  #quiet = 0;
  #silent = 0;
  #paused = false;

  constructor(options: RoomLinkOptions<Room>) {
    this.#options = options;
  }

  get peer(): string {
    return this.#options.carrier.peer;
  }

  /** The room is loaded; a link that has ended meanwhile stays out. */
  join(room: Room): void {
    if (this.#state === 'closed') return;
    this.#state = 'joined';
    this.#room = room;
    room.links.add(this);
    this.#ask(room);
    const present = room.presence.present();
    if (present.length > 0) this.send(presenceMessage(present));
    for (const message of this.#early) this.received(message);
    this.#early = [];
  }

  received(message: Uint8Array | undefined): void {
    if (this.#state === 'closed') return;
    this.#silent = 0;
    if (message === undefined) {
      this.#malformed();
      return;
    }
    if (this.#room === undefined) {
      this.#keepEarly(message);
      return;
    }
    try {
      this.#handle(this.#room, message);
    } catch (error) {
      if (!(error instanceof RangeError)) this.#options.defect(error);
      this.#malformed();
    }
  }

  heard(): void {
    this.#silent = 0;
  }

  closed(): void {
    this.#end();
  }

  send(message: OutgoingMessage): void {
    if (this.#state === 'closed') return;
    const { carrier, limits, counters } = this.#options;
    const unsent = carrier.bufferedBytes;
    this.#answerBytes = Math.min(this.#answerBytes, unsent);
    if (unsent - this.#answerBytes > limits.slowReaderBytes) {
      counters.slowReaders++;
      this.cutOff();
      return;
    }
    this.#quiet = 0;
    carrier.send(message);
  }

  /** Keeps a quiet link alive, and ends one from which nothing comes. */
  sweep(): void {
    const { carrier, limits, counters } = this.#options;
    if (this.#quiet++ >= limits.quietSweeps) this.send(nothingNewMessage);
    // A link that is not read cannot be heard.
    if (!this.#paused) this.#silent++;
    if (this.#silent === limits.pingSweeps) carrier.ping();
    if (this.#silent < limits.silentSweeps) return;
    counters.silentClients++;
    this.cutOff();
  }

  pause(): void {
    this.#paused = true;
    this.#options.carrier.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#options.carrier.resume();
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return;
    this.#end();
    this.#options.carrier.close(code, reason);
  }

  cutOff(): void {
    if (this.#state === 'closed') return;
    this.#end();
    this.#options.carrier.cutOff();
  }

  #handle(room: Room, bytes: Uint8Array): void {
    const { counters, changed, limits } = this.#options;
    const message = readClientMessage(bytes, limits);
    switch (message.type) {
      case 'step1':
        this.#answer(room, message.vector);
        return;
      case 'update':
      case 'step2':
        this.#push(room, message.type, message.update);
        return;
      case 'presence':
        counters.droppedPresence += room.presence.receive(this, message.presence, !this.#greeted);
        if (room.presence.changed) changed(room);
        return;
      case 'askPresence':
        this.send(presenceMessage(room.presence.present()));
        return;
      case 'tooManyClients':
        this.close(
          closeCodes.notPermitted,
          `A state vector names at most ${limits.vectorClients} clients.`,
        );
        return;
      case 'unknown':
        counters.unknownMessages++;
    }
  }

  #push(room: Room, type: 'step2' | 'update', update: Uint8Array): void {
    const { counters, changed } = this.#options;
    counters.updates++;
    if (type === 'step2') {
      this.#asked = false;
      this.#greeted = true;
    }
    const taken = room.push(this, update);
    if (taken === 'full') {
      counters.refusedUpdates++;
      this.close(closeCodes.notPermitted, 'This room holds as much as a room may.');
      return;
    }
    changed(room);
    if (taken === 'whole') return;
    counters.gaps++;
    // What is before the gap is still to come with the answer; a gap in the answer is one in the client.
    if (type === 'update' && !this.#asked) this.#ask(room);
  }

  #ask(room: Room): void {
    this.#asked = true;
    this.send(stateVectorMessage(room.state.clocks));
  }

  #answer(room: Room, vector: ReadonlyMap<number, number>): void {
    if (this.#answering) {
      this.#askedAgain = vector;
      return;
    }
    const { carrier, limits, counters } = this.#options;
    // Only the first answer that lies unread is excused.
    if (Math.min(this.#answerBytes, carrier.bufferedBytes) > limits.slowReaderBytes) {
      counters.slowReaders++;
      this.cutOff();
      return;
    }
    this.#answering = true;
    room.followers.add(this);
    this.#options.answer(room, vector).then(
      (messages) => this.#answered(room, messages),
      () => this.close(closeCodes.storeFailed, 'The room cannot be read from its store.'),
    );
  }

  #answered(room: Room, messages: readonly OutgoingMessage[]): void {
    for (const message of messages) {
      this.send(message);
      this.#answerBytes += message.bytes;
    }
    this.#answering = false;
    const again = this.#askedAgain;
    this.#askedAgain = undefined;
    if (again !== undefined && this.#state === 'joined') this.#answer(room, again);
  }

  #keepEarly(message: Uint8Array): void {
    this.#earlyBytes += message.length;
    if (this.#earlyBytes > this.#options.limits.earlyBytes) {
      this.close(closeCodes.overloaded, 'Too much was sent before the room was loaded.');
      return;
    }
    this.#early.push(message);
  }

  #malformed(): void {
    this.#options.counters.malformedMessages++;
    this.close(closeCodes.badFrame, 'A message is not one of the y-websocket protocol.');
  }

  #end(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#early = [];
    const room = this.#room;
    if (room !== undefined) {
      room.links.delete(this);
      room.followers.delete(this);
      room.presence.leave(this);
      if (room.presence.changed && room.links.size > 0) this.#options.changed(room);
    }
    this.#options.ended(this);
  }
}
