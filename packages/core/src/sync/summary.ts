import type { CatalogEntry } from '@mnemesh/protocol';
import { sha256Hex } from '@mnemesh/protocol';

/** One hash over all shared documents: equal when both ends hold the same of each. */
export function hashCatalog(entries: readonly CatalogEntry[]): string {
  const lines = entries.map(({ namespace, segment, hash }) => `${namespace}\n${segment}\n${hash}`);
  return sha256Hex(lines.sort().join('\n\n'));
}
