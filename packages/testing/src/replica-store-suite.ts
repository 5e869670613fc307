import type { ReplicaStore, ReplicaStoreOpener } from '@mnemesh/core';
import type { MeshId } from '@mnemesh/protocol';
import { afterEach, beforeEach, describe } from 'vitest';
import { plainAnalyzer } from './plain-analyzer.js';
import type { StoreBench } from './replica-store-bench.js';
import { testCommits } from './replica-store-suite-commits.js';
import { testDocuments } from './replica-store-suite-documents.js';
import { testOpening } from './replica-store-suite-opening.js';
import { testRecords } from './replica-store-suite-records.js';
import { testReferences } from './replica-store-suite-references.js';
import { testSearch } from './replica-store-suite-search.js';
import { testSyncState } from './replica-store-suite-sync.js';
import { testThreads } from './replica-store-suite-threads.js';
import { testVectors } from './replica-store-suite-vectors.js';

/** What an adapter brings to be tested: one empty place for stores. */
export interface ReplicaStorePlace {
  readonly open: ReplicaStoreOpener;
  /** Ends every open store as a crash of its process would: nothing is finished. `open` then finds what was durable. */
  crash(): Promise<void>;
  /** Removes the place. Its stores are closed, but for those that crashed. */
  remove(): Promise<void>;
}

/**
 * Everything the storage port promises, as tests. Call it at the top of an adapter's test file.
 * @param options.searched records that are searched; fewer do where an index holds none of them back
 */
export function describeReplicaStore(
  name: string,
  createPlace: () => Promise<ReplicaStorePlace>,
  options: { readonly searched?: number } = {},
): void {
  describe(`the replica store ${name}`, () => {
    let place: ReplicaStorePlace;
    const opened = new Set<ReplicaStore>();

    beforeEach(async () => {
      place = await createPlace();
    });

    afterEach(async () => {
      for (const store of opened) await store.close();
      opened.clear();
      await place.remove();
    });

    const open = async (mesh = 'demo'): Promise<ReplicaStore> => {
      const store = await place.open(mesh as MeshId, plainAnalyzer);
      opened.add(store);
      return store;
    };
    const bench: StoreBench = {
      open,
      reopen: async (store) => {
        await store.close();
        opened.delete(store);
        return open();
      },
      crash: async () => {
        opened.clear();
        await place.crash();
      },
      with: async (...batches) => {
        const store = await open();
        for (const batch of batches) await store.commit(batch);
        return store;
      },
    };

    testOpening(bench);
    testCommits(bench);
    testDocuments(bench);
    testRecords(bench);
    testReferences(bench);
    testSearch(bench, options.searched);
    testSyncState(bench);
    testThreads(bench);
    testVectors(bench);
  });
}
