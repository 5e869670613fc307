import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/** Types of lib0's `any` format that hold strings: in these `decodeValue` reads the strings itself. */
const STRING = 119;
const OBJECT = 118;
const ARRAY = 117;

/** Plain values and byte strings, in lib0's `any` format. */
export function encodeValue(value: unknown): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeAny(encoder, value as never);
  return encoding.toUint8Array(encoder);
}

/**
 * What lib0's `readAny` gives, sooner: journals are replayed with every opening of a store, and most of
 * the time went into reading the names of fields with a `TextDecoder`. Byte strings are views of a copy.
 */
export function decodeValue(payload: Uint8Array): unknown {
  const decoder = decoding.createDecoder(payload.slice());
  return readValue(decoder, Buffer.from(decoder.arr.buffer));
}

function readValue(decoder: decoding.Decoder, text: Buffer): unknown {
  switch (decoder.arr[decoder.pos]) {
    case STRING:
      decoder.pos++;
      return readString(decoder, text);
    case OBJECT: {
      decoder.pos++;
      const value: Record<string, unknown> = {};
      for (let n = decoding.readVarUint(decoder); n > 0; n--) {
        const name = readString(decoder, text);
        value[name] = readValue(decoder, text);
      }
      return value;
    }
    case ARRAY: {
      decoder.pos++;
      const values: unknown[] = [];
      for (let n = decoding.readVarUint(decoder); n > 0; n--) values.push(readValue(decoder, text));
      return values;
    }
    default:
      return decoding.readAny(decoder);
  }
}

function readString(decoder: decoding.Decoder, text: Buffer): string {
  const length = decoding.readVarUint(decoder);
  const end = decoder.pos + length;
  const value = text.toString('utf8', decoder.pos, end);
  decoder.pos = end;
  return value;
}
