import { digest } from 'lib0/hash/sha256';
import { encodeUtf8 } from 'lib0/string';
import { toHex } from './bytes.js';

/** SHA-256, 32 bytes. Node computes it natively; a browser, which has no synchronous one, in JavaScript. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const hash = digest(bytes);
  // Node's is a Buffer, whose `slice` and comparisons are not those of a Uint8Array.
  return new Uint8Array(hash.buffer, hash.byteOffset, hash.length);
}

/** SHA-256 of a text's UTF-8, hex. */
export function sha256Hex(text: string): string {
  return toHex(sha256(encodeUtf8(text)));
}
