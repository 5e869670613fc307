/** The index does not hold what was written into it. Whoever meets it builds the index anew. */
export class DamagedIndexError extends Error {
  constructor(table: string) {
    super(`a row of ${table} is damaged`);
  }
}

/** FNV-1a. Most of these rows are a few bytes, for which a call of a native checksum would cost more than all else. */
export function checksum(key: string, bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) sum = Math.imul(sum ^ key.charCodeAt(i), 0x01000193);
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ (bytes[i] as number), 0x01000193);
  return sum >>> 0;
}

/** @throws DamagedIndexError when `bytes` are not those whose checksum was taken */
export function checkBytes(table: string, key: string, bytes: Uint8Array, expected: number): void {
  if (checksum(key, bytes) !== expected) throw new DamagedIndexError(table);
}
