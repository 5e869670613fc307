import { fromBase64, fromBase64UrlEncoded, toBase64, toBase64UrlEncoded } from 'lib0/buffer';

export const toBase64Url = toBase64UrlEncoded;
export { toBase64 };

/** @returns undefined for what is no base64 */
export function readBase64(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? read(() => fromBase64(text)) : undefined;
}

/** @returns undefined for what is no base64url */
export function readBase64Url(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9_-]*$/.test(text) ? read(() => fromBase64UrlEncoded(text)) : undefined;
}

function read(decode: () => Uint8Array): Uint8Array | undefined {
  try {
    const bytes = decode();
    // Node's is a Buffer, whose `slice` and comparisons are not those of a Uint8Array.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch {
    return undefined;
  }
}
