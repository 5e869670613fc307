import * as decoding from 'lib0/decoding';
import { decodeUtf8 } from 'lib0/string';

/*
 * Strict readers for bytes from outside. lib0's own read a varint of any length, one of 147 bytes
 * as NaN, and a missing byte as undefined.
 */

/** Bytes of the longest varint: 8 × 7 bits hold every safe integer. */
const VARINT_BYTES = 8;

/** A varint in its shortest form. @throws RangeError */
export function readUint(decoder: decoding.Decoder, max: number = Number.MAX_SAFE_INTEGER): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < VARINT_BYTES; i++) {
    const byte = readByte(decoder);
    value += (byte & 127) * scale;
    if (byte > 127) {
      scale *= 128;
      continue;
    }
    if (byte === 0 && i > 0) break;
    return within(value, max);
  }
  throw new RangeError('over-long varint');
}

/** @throws RangeError */
export function readByte(decoder: decoding.Decoder): number {
  const byte = decoder.arr[decoder.pos];
  if (byte === undefined) throw new RangeError('bytes end early');
  decoder.pos++;
  return byte;
}

/** A view; copy it to keep it. @throws RangeError */
export function readBytes(decoder: decoding.Decoder, length: number): Uint8Array {
  if (decoder.pos + length > decoder.arr.length) throw new RangeError('bytes end early');
  return decoding.readUint8Array(decoder, length);
}

/** Length-prefixed bytes, copied. @throws RangeError */
export function readBlob(decoder: decoding.Decoder, maxBytes: number): Uint8Array {
  return readBytes(decoder, readUint(decoder, maxBytes)).slice();
}

/** Length-prefixed UTF-8. @throws Error for more bytes than `maxBytes`, and for bytes that are no UTF-8 */
export function readText(decoder: decoding.Decoder, maxBytes: number): string {
  return decodeUtf8(readBytes(decoder, readUint(decoder, maxBytes)));
}

/** @throws RangeError */
export function within(value: number, max: number): number {
  if (value > max) throw new RangeError(`${value} exceeds the limit of ${max}`);
  return value;
}
