import { isAscii, isUtf8 } from 'node:buffer';

/** Nesting of a value inside an update or a presence state; deeper ones overflow the stack of whoever decodes them. */
const VALUE_DEPTH = 256;

/**
 * Walks over what lib0 encodes, without making values of it. Every method throws a RangeError at bytes
 * that a Yjs client could not decode, so that what is passed on and stored is decodable.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  pos: number;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = bytes.length;
  }

  byte(): number {
    if (this.pos >= this.end) throw new RangeError('bytes end early');
    return this.bytes[this.pos++] as number;
  }

  /** A varuint within the safe integers. */
  uint(): number {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    let scale = 128;
    for (let i = 1; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new RangeError('over-long varint');
  }

  /** Something counted, of which each takes at least one byte. */
  count(): number {
    const count = this.uint();
    if (count > this.end - this.pos) throw new RangeError('bytes end early');
    return count;
  }

  skip(length: number): void {
    if (length > this.end - this.pos) throw new RangeError('bytes end early');
    this.pos += length;
  }

  /** Length-prefixed bytes, as a view. */
  blob(): Uint8Array {
    const length = this.uint();
    const from = this.pos;
    this.skip(length);
    return this.bytes.subarray(from, this.pos);
  }

  skipBlob(): void {
    this.skip(this.uint());
  }

  /** Passes over a text. */
  text(): void {
    this.#utf8();
  }

  /** Passes over a text. @returns its length in UTF-16 units, which is how Yjs counts */
  measuredText(): number {
    const text = this.#utf8();
    if (isAscii(text)) return text.length;
    return Buffer.from(text.buffer, text.byteOffset, text.length).toString().length;
  }

  /** Passes over a text that its reader parses as JSON. */
  json(orUndefined = false): void {
    checkJson(this.blob(), orUndefined);
  }

  /** Passes over a value of lib0's `writeAny`. */
  any(depth = VALUE_DEPTH): void {
    if (depth === 0) throw new RangeError('a value is nested too deep');
    const type = this.byte();
    switch (type) {
      case 127: // undefined
      case 126: // null
      case 121: // false
      case 120: // true
        return;
      case 125:
        this.#varInt();
        return;
      case 124: // float32
        this.skip(4);
        return;
      case 123: // float64
      case 122: // bigint
        this.skip(8);
        return;
      case 119:
        this.text();
        return;
      case 118:
        for (let n = this.count(); n > 0; n--) {
          this.text();
          this.any(depth - 1);
        }
        return;
      case 117:
        for (let n = this.count(); n > 0; n--) this.any(depth - 1);
        return;
      case 116:
        this.skipBlob();
        return;
      default:
        throw new RangeError(`no value of type ${type}`);
    }
  }

  #utf8(): Uint8Array {
    const text = this.blob();
    if (!isUtf8(text)) throw new RangeError('no UTF-8');
    return text;
  }

  /** A signed varint: 6 bits and the sign in its first byte. */
  #varInt(): void {
    const first = this.byte();
    if (first < 128) return;
    let value = first & 63;
    let scale = 64;
    for (let i = 1; i < 9; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return;
      }
      scale *= 128;
    }
    throw new RangeError('over-long varint');
  }
}

/** @throws RangeError for bytes that are no JSON in UTF-8 */
export function checkJson(bytes: Uint8Array, orUndefined = false): void {
  if (!isUtf8(bytes)) throw new RangeError('no UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (orUndefined && text === 'undefined') return;
  try {
    JSON.parse(text);
  } catch {
    throw new RangeError('no JSON');
  }
}
