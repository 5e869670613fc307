import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { MnemeshError } from './errors.js';
import { type Field, struct } from './fields.js';
import { type Frame, type FrameType, frameFields } from './frames.js';
import { readUint } from './reading.js';

interface FrameCodec {
  readonly type: FrameType;
  readonly number: number;
  readonly body: Field<Record<string, unknown>>;
}

const codecs: readonly FrameCodec[] = Object.entries(frameFields).map(
  ([type, [number, shape]]) => ({
    type: type as FrameType,
    number,
    body: struct(shape as Record<string, unknown>) as Field<Record<string, unknown>>,
  }),
);
const codecByType = new Map(codecs.map((codec) => [codec.type, codec]));
const codecByNumber = new Map(codecs.map((codec) => [codec.number, codec]));

/** What a receiver of a later protocol's frame sees: it counts and ignores it. */
export interface UnknownFrame {
  readonly type: 'unknown';
  readonly number: number;
}

/** `type varuint ‖ body`. @throws RangeError when a field exceeds its limit: a defect of the caller */
export function encodeFrame(frame: Frame): Uint8Array {
  const codec = codecByType.get(frame.type) as FrameCodec;
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, codec.number);
  codec.body.write(encoder, frame as unknown as Record<string, unknown>);
  return encoding.toUint8Array(encoder);
}

/** @throws MnemeshError `bad_frame` for anything but one whole frame of a known or unknown type */
export function decodeFrame(bytes: Uint8Array): Frame | UnknownFrame {
  try {
    const decoder = decoding.createDecoder(bytes);
    const number = readUint(decoder);
    const codec = codecByNumber.get(number);
    if (codec === undefined) return { type: 'unknown', number };
    const body = codec.body.read(decoder);
    if (decoding.hasContent(decoder)) throw new RangeError('trailing bytes');
    return { ...body, type: codec.type } as unknown as Frame;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new MnemeshError(
      'bad_frame',
      `This is no frame of protocol ${PROTOCOL_VERSION}: ${detail}.`,
      { cause },
    );
  }
}

/**
 * Version of frames, envelope and commit together.
 * -- Version 4 adds `signal`.
 * -- Version 3 adds `scrub`, `scrubbed`, `end` and `ended`.
 * -- Version 2 adds `claim` and `claimed`.
 * -- Version 1 is the first.
 */
export const PROTOCOL_VERSION = 4;
/** The oldest version this code still speaks. */
export const MIN_PROTOCOL_VERSION = 4;

/** One line a frame: what the schema hash is taken over. */
export function describeFrames(): string {
  return codecs.map((codec) => `${codec.number} ${codec.type} ${codec.body.spec}`).join('\n');
}
