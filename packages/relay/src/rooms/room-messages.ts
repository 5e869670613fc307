import { ByteReader } from './byte-reader.js';
import type { RoomLimits } from './room-limits.js';
import type { UpdateMerge } from './update-merge.js';

/** Message types of the y-websocket protocol, and of y-protocols' sync messages inside. */
const SYNC = 0;
const PRESENCE = 1;
const ASK_PRESENCE = 3;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** What a client says. Bytes are views into its message. */
export type ClientMessage =
  | { readonly type: 'step1'; readonly vector: ReadonlyMap<number, number> }
  | { readonly type: 'step2' | 'update'; readonly update: Uint8Array }
  | { readonly type: 'presence'; readonly presence: Uint8Array }
  | { readonly type: 'askPresence' }
  | { readonly type: 'tooManyClients' }
  | { readonly type: 'unknown' };

/** @throws RangeError for bytes that are no message */
export function readClientMessage(
  message: Uint8Array,
  limits: Pick<RoomLimits, 'vectorClients'>,
): ClientMessage {
  const input = new ByteReader(message);
  switch (input.uint()) {
    case SYNC:
      return readSync(input, limits);
    case PRESENCE:
      return { type: 'presence', presence: input.blob() };
    case ASK_PRESENCE:
      return { type: 'askPresence' };
    default:
      return { type: 'unknown' };
  }
}

function readSync(
  input: ByteReader,
  { vectorClients }: Pick<RoomLimits, 'vectorClients'>,
): ClientMessage {
  const type = input.uint();
  if (type > UPDATE) throw new RangeError(`no sync message of type ${type}`);
  const body = input.blob();
  if (type === STEP_1) {
    const vector = readStateVector(body, vectorClients);
    return vector === undefined ? { type: 'tooManyClients' } : { type: 'step1', vector };
  }
  return { type: type === STEP_2 ? 'step2' : 'update', update: body };
}

/** Undefined for one of more clients than `most`, of which nothing is read. */
function readStateVector(bytes: Uint8Array, most: number): ReadonlyMap<number, number> | undefined {
  const input = new ByteReader(bytes);
  const vector = new Map<number, number>();
  const clients = input.count();
  if (clients > most) return undefined;
  for (let n = clients; n > 0; n--) vector.set(input.uint(), input.uint());
  return vector;
}

/**
 * A message as it goes to the socket: a whole WebSocket frame, made once however many links it is
 * written to. A stored base follows its head as it lies, without being copied into it.
 */
export interface OutgoingMessage {
  readonly head: Uint8Array;
  readonly body: Uint8Array | undefined;
  readonly bytes: number;
}

/** Bytes of the longest WebSocket header of a server, of two message types, and of a length. */
const HEADROOM = 10 + 2 + 8;
const FINAL_BINARY = 0x82;

export function stateVectorMessage(clocks: ReadonlyMap<number, number>): OutgoingMessage {
  const out = Buffer.allocUnsafe(HEADROOM + 8 + clocks.size * 16);
  let at = putUint(out, HEADROOM, clocks.size);
  for (const [client, clock] of clocks) {
    at = putUint(out, at, client);
    at = putUint(out, at, clock);
  }
  return framed(out.subarray(0, at), SYNC, STEP_1);
}

export function updateMessage(merge: UpdateMerge): OutgoingMessage {
  return framed(merge.encode(HEADROOM), SYNC, UPDATE);
}

export function copiedUpdateMessage(update: Uint8Array): OutgoingMessage {
  const out = Buffer.allocUnsafe(HEADROOM + update.length);
  out.set(update, HEADROOM);
  return framed(out, SYNC, UPDATE);
}

/** The client counts as synced when it has this. */
export function step2Message(merge: UpdateMerge): OutgoingMessage {
  return framed(merge.encode(HEADROOM), SYNC, STEP_2);
}

export function storedUpdateMessage(update: Uint8Array, type: 'step2' | 'update'): OutgoingMessage {
  const subtype = type === 'step2' ? STEP_2 : UPDATE;
  const { head } = framed(Buffer.allocUnsafe(HEADROOM), SYNC, subtype, update.length);
  return { head, body: update, bytes: head.length + update.length };
}

/** One presence state: a client's id, its clock, and its state as JSON in UTF-8. */
export interface PresenceEntry {
  readonly client: number;
  readonly clock: number;
  readonly state: Uint8Array;
}

export function presenceMessage(entries: readonly PresenceEntry[]): OutgoingMessage {
  const bytes = entries.reduce((sum, { state }) => sum + state.length + 3 * 8, 0);
  const out = Buffer.allocUnsafe(HEADROOM + 8 + bytes);
  let at = putUint(out, HEADROOM, entries.length);
  for (const { client, clock, state } of entries) {
    at = putUint(out, at, client);
    at = putUint(out, at, clock);
    at = putUint(out, at, state.length);
    out.set(state, at);
    at += state.length;
  }
  return framed(out.subarray(0, at), PRESENCE, undefined);
}

/** What keeps a stock client from giving up a link on which nothing happens. */
export const nothingNewMessage: OutgoingMessage = presenceMessage([]);

/** Writes the types, the length and the WebSocket header backwards from the message's content. */
function framed(
  content: Buffer,
  type: number,
  subtype: number | undefined,
  more = 0,
): OutgoingMessage {
  const length = content.length - HEADROOM + more;
  let start = HEADROOM - uintBytes(length);
  putUint(content, start, length);
  if (subtype !== undefined) content[--start] = subtype;
  content[--start] = type;
  const payload = content.length - start + more;
  if (payload > 0xffff) {
    start -= 8;
    content.writeUIntBE(payload, start + 2, 6);
    content[start] = 0;
    content[start + 1] = 0;
    content[--start] = 127;
  } else if (payload > 125) {
    start -= 2;
    content.writeUInt16BE(payload, start);
    content[--start] = 126;
  } else {
    content[--start] = payload;
  }
  content[--start] = FINAL_BINARY;
  const head = content.subarray(start);
  return { head, body: undefined, bytes: head.length };
}

function putUint(out: Uint8Array, from: number, value: number): number {
  let at = from;
  let rest = value;
  while (rest > 127) {
    out[at++] = 128 | (rest % 128);
    rest = Math.floor(rest / 128);
  }
  out[at++] = rest;
  return at;
}

function uintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
