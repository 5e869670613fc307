import { sha256Hex } from '@mnemesh/protocol';

/** Hexadecimal digits of a conflict's id: 128 bits. */
const DIGITS = 32;

/** The name of a conflict, and of its audit record: a hash of the versions it concerns, so that replicas agree on it. */
export function conflictId(versions: readonly string[]): string {
  return sha256Hex(`conflict\n${[...new Set(versions)].sort().join('\n')}`).slice(0, DIGITS);
}

/** A value of a field is named by its envelope's version; one that a base holds, by the field too. */
export function baseValueVersion(version: string, field: string): string {
  return `${version} ${field}`;
}
