/** FNV-1a from two beginnings, over a text and bytes: 53 bits that tell what changed from what did not. */
export function textNumber(text: string, bytes?: Uint8Array): number {
  let high = 0x811c9dc5;
  let low = 0x050c5d1f;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x01000193);
  }
  for (let i = 0; i < (bytes?.length ?? 0); i++) {
    const byte = bytes?.[i] as number;
    high = Math.imul(high ^ byte, 0x01000193);
    low = Math.imul(low ^ byte, 0x01000193);
  }
  return (high >>> 0) * 2 ** 21 + (low >>> 11);
}
