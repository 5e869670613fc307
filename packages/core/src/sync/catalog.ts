import { type CatalogEntry, type Guid, sha256Hex } from '@mnemesh/protocol';
import { type DocumentState, hashState } from '@mnemesh/segment';
import type { Segments } from '../documents/segments.js';
import type { AwaitedDocument } from '../ports/index.js';
import type { LinkOwner } from './link-owner.js';

/** One hash over all shared documents: equal when both ends hold the same of each. */
export function hashCatalog(entries: readonly CatalogEntry[]): string {
  const lines = entries.map(({ namespace, segment, hash }) => `${namespace}\n${segment}\n${hash}`);
  return sha256Hex(lines.sort().join('\n\n'));
}

/** Which of the documents that a relay lists are the same here, and which are to be fetched. */
export async function compareCatalog(
  catalog: readonly CatalogEntry[],
  segments: Segments,
  owner: Pick<LinkOwner, 'shares' | 'isOver'>,
): Promise<{
  readonly awaited: readonly AwaitedDocument[];
  readonly equal: readonly { readonly guid: Guid; readonly state: DocumentState }[];
}> {
  const awaited: AwaitedDocument[] = [];
  const equal: { readonly guid: Guid; readonly state: DocumentState }[] = [];
  for (const { namespace, segment, bytes, hash } of catalog) {
    const place = segments.place(namespace, segment);
    if (!owner.shares(place) || owner.isOver(place)) continue;
    const state = await segments.stateOf(place);
    if (hashState(state) === hash) equal.push({ guid: place.guid, state });
    else awaited.push({ ...place, bytes });
  }
  return { awaited, equal };
}
