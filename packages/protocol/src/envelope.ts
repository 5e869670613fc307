import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { encodeUtf8 } from 'lib0/string';
import { concatBytes, fromHex, toHex } from './bytes.js';
import { MnemeshError } from './errors.js';
import { sha256 } from './hash.js';
import type { Clock, RecordId, SessionId, Version } from './ids.js';
import { parseRecordId } from './ids.js';
import { limits } from './limits.js';
import { readBlob, readText, readUint } from './reading.js';

/** Causal context of a value: for each session, the highest clock of it that the writer was shown. */
export type Context = ReadonlyMap<SessionId, Clock>;

/** Field name of a record's base: the values it was created with. */
export const BASE_FIELD = '';
/** Field name of a record's tombstone. No field of a user may begin with this sign. */
export const TOMBSTONE_FIELD = '~';

const NONCE_BYTES = 16;

/** A record, or a change to one field of it, before it is signed. */
export interface Envelope {
  /** 16 random bytes, so that a forgotten short secret cannot be guessed from its hash. */
  readonly nonce: Uint8Array;
  readonly id: RecordId;
  readonly field: string;
  readonly context: Context;
  readonly data: Uint8Array;
}

/** `nonce[16] ‖ b(id) ‖ b(field) ‖ n ‖ (session[8] ‖ clock[8])×n ‖ b(data)`, sessions ascending. @throws MnemeshError `too_large` */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const id = encodeUtf8(envelope.id);
  const field = encodeUtf8(envelope.field);
  if (envelope.nonce.length !== NONCE_BYTES)
    throw new RangeError(`a nonce has ${NONCE_BYTES} bytes`);
  demand(id.length, limits.recordIdBytes, 'bytes in its id');
  demand(field.length, limits.fieldBytes, 'bytes in the name of its field');
  demand(envelope.context.size, limits.contextEntries, 'concurrent sessions behind its field');
  demand(envelope.data.length, limits.dataBytes, 'bytes');
  const encoder = encoding.createEncoder();
  encoding.writeUint8Array(encoder, envelope.nonce);
  encoding.writeVarUint8Array(encoder, id);
  encoding.writeVarUint8Array(encoder, field);
  const sessions = [...envelope.context.keys()].sort();
  encoding.writeVarUint(encoder, sessions.length);
  for (const session of sessions) {
    encoding.writeUint8Array(encoder, fromHex(session));
    encoding.writeUint8Array(encoder, clockBytes(envelope.context.get(session) as Clock));
  }
  encoding.writeVarUint8Array(encoder, envelope.data);
  return encoding.toUint8Array(encoder);
}

/** What a reader would refuse must not be written: it would be lost from sight. */
function demand(amount: number, limit: number, unit: string): void {
  if (amount <= limit) return;
  throw new MnemeshError(
    'too_large',
    `This record has ${amount} ${unit}; the limit is ${limit}. Split it.`,
  );
}

/** @throws MnemeshError `bad_envelope` */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  return decodeWith(bytes, (decoder) => {
    const nonce = decoding.readUint8Array(decoder, NONCE_BYTES).slice();
    const id = parseRecordId(readText(decoder, limits.recordIdBytes));
    const field = readText(decoder, limits.fieldBytes);
    const count = readUint(decoder, limits.contextEntries);
    const context = new Map<SessionId, Clock>();
    let previous = '';
    for (let i = 0; i < count; i++) {
      const session = toHex(decoding.readUint8Array(decoder, 8)) as SessionId;
      if (session <= previous) throw new RangeError('context out of order');
      previous = session;
      context.set(session, readClock(decoding.readUint8Array(decoder, 8)));
    }
    const data = readBlob(decoder, limits.dataBytes);
    return { nonce, id, field, context, data };
  });
}

/** `sha256(0 ‖ ctx ‖ agentKey ‖ envelope)`: bound to its author, or anyone could sign another's envelope and win by arriving first. */
export function envelopeVersion(
  segmentContext: Uint8Array,
  agentKey: Uint8Array,
  envelope: Uint8Array,
): Version {
  return toHex(envelopeHash(segmentContext, agentKey, envelope)) as Version;
}

/** The 32 bytes of `envelopeVersion`. */
export function envelopeHash(
  segmentContext: Uint8Array,
  agentKey: Uint8Array,
  envelope: Uint8Array,
): Uint8Array {
  return sha256(concatBytes([Uint8Array.of(0), segmentContext, agentKey, envelope]));
}

/** The 8 big-endian bytes of a clock. */
export function clockBytes(clock: Clock): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(clock / 2 ** 32));
  view.setUint32(4, clock % 2 ** 32);
  return bytes;
}

/** @throws RangeError for a clock that a double cannot hold exactly */
export function readClock(bytes: Uint8Array): Clock {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const clock = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
  if (!Number.isSafeInteger(clock)) throw new RangeError('clock out of range');
  return clock;
}

/** Runs `read` and demands that it takes every byte; whatever it throws becomes `bad_envelope`. */
export function decodeWith<T>(bytes: Uint8Array, read: (decoder: decoding.Decoder) => T): T {
  try {
    const decoder = decoding.createDecoder(bytes);
    const value = read(decoder);
    if (decoding.hasContent(decoder)) throw new RangeError('trailing bytes');
    return value;
  } catch (cause) {
    throw new MnemeshError('bad_envelope', 'These bytes are no element of a segment.', { cause });
  }
}
