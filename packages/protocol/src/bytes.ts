const DIGITS = '0123456789abcdef';
const DIGIT_CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
/** Value of each ASCII code as a hex digit; -1 for what is none. */
const DIGIT_VALUES = Int8Array.from({ length: 128 }, (_, code) =>
  DIGITS.indexOf(String.fromCharCode(code)),
);
/** Bytes written at once: twice as many codes are arguments of one call. */
const HEX_CHUNK = 1024;

/** Lower-case hex. Ids are compared, sorted and used as map keys in this form. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= HEX_CHUNK) return hexOf(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; at += HEX_CHUNK)
    text += hexOf(bytes.subarray(at, at + HEX_CHUNK));
  return text;
}

/** One flat string. Put together from pieces it would be flattened by its first use as a key. */
function hexOf(bytes: Uint8Array): string {
  const codes = new Array<number>(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    codes[i * 2] = DIGIT_CODES[byte >> 4] as number;
    codes[i * 2 + 1] = DIGIT_CODES[byte & 15] as number;
  }
  return String.fromCharCode.apply(null, codes);
}

/** @throws RangeError when `text` is not an even number of hex digits. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new RangeError('not lower-case hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = DIGIT_VALUES[text.charCodeAt(i * 2)] ?? -1;
    const low = DIGIT_VALUES[text.charCodeAt(i * 2 + 1)] ?? -1;
    if ((high | low) < 0) throw new RangeError('not lower-case hex');
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number;
    const b = bytes[i + 1] ?? 0;
    const c = bytes[i + 2] ?? 0;
    text += BASE64URL.charAt(a >> 2) + BASE64URL.charAt(((a & 3) << 4) | (b >> 4));
    if (i + 1 < bytes.length) text += BASE64URL.charAt(((b & 15) << 2) | (c >> 6));
    if (i + 2 < bytes.length) text += BASE64URL.charAt(c & 63);
  }
  return text;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case base32 without padding (RFC 4648 §6): safe in file names and case-insensitive stores. */
export function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32.charAt((value >> bits) & 31);
    }
    value &= (1 << bits) - 1;
  }
  if (bits > 0) text += BASE32.charAt((value << (5 - bits)) & 31);
  return text;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
