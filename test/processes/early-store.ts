import type { ReplicaStore, ReplicaStoreOpener } from '@mnemesh/core';

/** A planted fault: a replica store that calls a commit durable, and writes it later. */
export function openEarlyStore(open: ReplicaStoreOpener, earlyMs: number): ReplicaStoreOpener {
  return async (mesh, analyzer) => {
    const store = await open(mesh, analyzer);
    let writing: Promise<unknown> = Promise.resolve();
    const commit: ReplicaStore['commit'] = async (batch) => {
      writing = Promise.all([writing, later(earlyMs)]).then(() => store.commit(batch));
    };
    return new Proxy(store, {
      get: (target, key: keyof ReplicaStore) => {
        if (key === 'commit') return commit;
        const value = target[key];
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
