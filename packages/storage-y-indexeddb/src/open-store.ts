import type { ReplicaStoreOpener } from '@mnemesh/core';
import { type IndexedDbStoreOptions, openIndexedDbStore } from '@mnemesh/storage-indexeddb';
import { yIndexedDbPlace } from './document-place.js';

/**
 * Replica stores in the browser whose documents lie in databases of their own, which y-indexeddb, and so any Yjs
 * program, can open; records, heads and sync state lie in one database beside them. A store that has its documents
 * in that one database gets them moved.
 */
export function openYIndexedDbStore(
  options: Omit<IndexedDbStoreOptions, 'documents' | 'findPlace'>,
): ReplicaStoreOpener {
  return openIndexedDbStore({ ...options, documents: yIndexedDbPlace(options) });
}
