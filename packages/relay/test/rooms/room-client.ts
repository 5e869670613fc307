import type { CloseCode } from '@mnemesh/protocol';
import {
  createDecoder,
  type Decoder,
  readVarString,
  readVarUint,
  readVarUint8Array,
} from 'lib0/decoding';
import {
  createEncoder,
  type Encoder,
  toUint8Array,
  writeVarString,
  writeVarUint,
  writeVarUint8Array,
} from 'lib0/encoding';
import * as Y from 'yjs';
import type { RoomCarrier, RoomCarrierHandler, Rooms } from '../../src/index.js';
import type { OutgoingMessage } from '../../src/rooms/room-messages.js';

/** What a client knows of somebody's presence. */
export interface Presence {
  readonly clock: number;
  readonly state: unknown;
}

/** Plain rooms, or those of prose documents. */
type AnyRooms = Pick<Rooms, 'accept'>;

/** A stock client at the far end of a carrier: its document, and what it was sent. */
export class RoomClient implements RoomCarrier {
  readonly peer = 'test';
  readonly document: Y.Doc;
  readonly presence = new Map<number, Presence>();
  readonly received: { readonly type: string; readonly bytes: number }[] = [];
  closed: { readonly code: number; readonly reason: string } | 'cut off' | undefined;
  synced = false;
  pings = 0;
  paused = false;
  /** Bytes that do not leave, as with a client that reads nothing. */
  stuckBytes: number | undefined;
  readonly #later: (run: () => void) => void;
  readonly #waiting: Uint8Array[] = [];
  #handler: RoomCarrierHandler | undefined;

  constructor(later: (run: () => void) => void, document = new Y.Doc()) {
    this.#later = later;
    this.document = document;
    document.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'relay') this.say(0, 2, (out) => writeVarUint8Array(out, update));
    });
  }

  /** Joins, and asks for what it lacks as the stock client does. */
  join(rooms: AnyRooms, name: string): this {
    this.enter(rooms, name);
    this.sayStep1();
    return this;
  }

  /** Joins, and says nothing. */
  enter(rooms: AnyRooms, name: string): this {
    this.closed = undefined;
    this.synced = false;
    this.#handler = rooms.accept(this, name);
    return this;
  }

  sayStep1(): void {
    const vector = Y.encodeStateVector(this.document);
    this.say(0, 0, (out) => writeVarUint8Array(out, vector));
  }

  sayPresence(client: number, clock: number, state: unknown): void {
    const inner = createEncoder();
    writeVarUint(inner, 1);
    writeVarUint(inner, client);
    writeVarUint(inner, clock);
    writeVarString(inner, JSON.stringify(state));
    this.say(1, undefined, (out) => writeVarUint8Array(out, toUint8Array(inner)));
  }

  say(type: number, subtype: number | undefined, write: (out: Encoder) => void): void {
    const out = createEncoder();
    writeVarUint(out, type);
    if (subtype !== undefined) writeVarUint(out, subtype);
    write(out);
    this.sayBytes(toUint8Array(out));
  }

  /** Anything; undefined stands for a text message. */
  sayBytes(message: Uint8Array | undefined): void {
    if (this.paused && message !== undefined) this.#waiting.push(message);
    else this.#later(() => this.#handler?.received(message));
  }

  /** A sign of life that is no message: the answer to a ping. */
  heard(): void {
    this.#handler?.heard();
  }

  leave(): void {
    this.#end({ code: 1000, reason: '' });
  }

  get bufferedBytes(): number {
    return this.stuckBytes ?? 0;
  }

  send({ head, body, bytes }: OutgoingMessage): void {
    if (this.closed !== undefined) return;
    if (this.stuckBytes !== undefined) {
      this.stuckBytes += bytes;
      return;
    }
    this.#receive(payloadOf(body === undefined ? head : Buffer.concat([head, body])));
  }

  ping(): void {
    this.pings++;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const message of this.#waiting.splice(0)) this.sayBytes(message);
  }

  close(code: CloseCode, reason: string): void {
    this.#end({ code, reason });
  }

  cutOff(): void {
    this.#end('cut off');
  }

  #end(closed: RoomClient['closed']): void {
    if (this.closed !== undefined) return;
    this.closed = closed;
    const handler = this.#handler;
    this.#handler = undefined;
    this.#later(() => handler?.closed());
  }

  #receive(message: Uint8Array): void {
    const input = createDecoder(message);
    if (readVarUint(input) === 0) this.#receiveSync(input, message.length);
    else this.#receivePresence(createDecoder(readVarUint8Array(input)), message.length);
  }

  #receiveSync(input: Decoder, bytes: number): void {
    const type = ['step1', 'step2', 'update'][readVarUint(input)] as string;
    const body = readVarUint8Array(input);
    this.received.push({ type, bytes });
    if (type === 'step1') {
      const lacking = Y.encodeStateAsUpdate(this.document, body);
      this.say(0, 1, (out) => writeVarUint8Array(out, lacking));
      return;
    }
    Y.applyUpdate(this.document, body, 'relay');
    if (type === 'step2') this.synced = true;
  }

  #receivePresence(input: Decoder, bytes: number): void {
    this.received.push({ type: 'presence', bytes });
    for (let n = readVarUint(input); n > 0; n--) {
      const client = readVarUint(input);
      const clock = readVarUint(input);
      const state: unknown = JSON.parse(readVarString(input));
      if (state === null) this.presence.delete(client);
      else this.presence.set(client, { clock, state });
    }
  }
}

/** The payload of a whole WebSocket frame of a server; anything else is a defect. */
function payloadOf(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame[0] !== 0x82) throw new Error('not one final binary frame');
  const short = frame[1] as number;
  const [start, length] =
    short < 126
      ? [2, short]
      : short === 126
        ? [4, view.getUint16(2)]
        : [10, Number(view.getBigUint64(2))];
  if (frame.length !== start + length) throw new Error('a frame of another length than it says');
  return new Uint8Array(frame.subarray(start));
}
